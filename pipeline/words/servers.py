"""On servers: the unit, backups, messages to people, files that did not come, what is kept and forgotten."""

TEXTS: dict[str, tuple[str, str]] = {
    "servers.no_credential": (
        "systemd handed over no credential {name}. Install the unit with: pipeline service install --credential {name}=/path",
        "systemd n'a transmis aucun secret {name}. Installez l'unité avec : pipeline service install --credential {name}=/chemin",
    ),
    "servers.credential": (
        "--credential takes NAME=/PATH, such as database=/etc/pipeline/database, not {value}.",
        "--credential prend NOM=/CHEMIN, comme database=/etc/pipeline/database, et non {value}.",
    ),
    "servers.unit_unwritable": (
        "{path} cannot be written ({why}). Run it as root, or with --user for a service of your own; --print shows the unit.",
        "Impossible d'écrire {path} ({why}). Lancez la commande en root, ou avec --user pour un service à vous ; --print montre l'unité.",
    ),
    "servers.unit_written": ("Written: {path}", "Écrit : {path}"),
    "servers.unit_next": (
        "Start it, now and at every boot: {command} enable --now pipeline",
        "Pour le démarrer, maintenant et à chaque redémarrage : {command} enable --now pipeline",
    ),
    "servers.no_account": (
        "There is no account {account} yet: useradd --system {account}; then give it the folder: chown -R {account} {root}",
        "Le compte {account} n'existe pas encore : useradd --system {account} ; puis donnez-lui le dossier : chown -R {account} {root}",
    ),
}
