"""Sentences about folders on other machines."""

TEXTS: dict[str, tuple[str, str]] = {
    # config
    "remote.scheme": (
        "{scheme}:// is not known here. Known are: {known}.",
        "{scheme}:// n'est pas connu ici. Sont connus : {known}.",
    ),
    "remote.address": (
        'The address …{url} cannot be read. Write it like "sftp://user@machine/folder".',
        'L\'adresse …{url} est illisible. Écrivez-la comme "sftp://utilisateur@machine/dossier".',
    ),
    "remote.password_in_url": (
        'The address of {host} holds a password. Take it out and write [remotes.NAME] with url = "{scheme}://user@{host}" '
        'and password = "env:NAME" or "file:PATH".',
        "L'adresse de {host} contient un mot de passe. Retirez-le et écrivez [remotes.NOM] avec url = "
        '"{scheme}://utilisateur@{host}" et password = "env:NOM" ou "file:CHEMIN".',
    ),
    "remote.extra": (
        "{scheme}:// needs one more part of the program: pip install 'pipeline-ingest[{extra}]'.",
        "{scheme}:// a besoin d'une partie de plus du programme : pip install 'pipeline-ingest[{extra}]'.",
    ),
    "remote.no_copy": (
        'take = "copy" is for folders of this machine. For a remote one leave it out: its files stay there unless its '
        '[remotes.NAME] says after = "move" or "delete".',
        'take = "copy" concerne les dossiers de cette machine. Pour un dossier distant, retirez-le : ses fichiers y '
        'restent, sauf si [remotes.NOM] dit after = "move" ou "delete".',
    ),
    "remote.bare_secret": (
        '{key} must say where the secret stands: "env:NAME", "file:PATH" or "cred:NAME"; never the secret itself.',
        '{key} doit dire où se trouve le secret : "env:NOM", "file:CHEMIN" ou "cred:NOM" ; jamais le secret lui-même.',
    ),
    "remote.no_secret": (
        "The secret {reference} is not there, is empty, or cannot be read by this user.",
        "Le secret {reference} n'existe pas, est vide, ou cet utilisateur ne peut pas le lire.",
    ),
    "remote.no_file": (
        "{key} names {place}, which is not there or no file.",
        "{key} désigne {place}, qui n'existe pas ou n'est pas un fichier.",
    ),
    "remote.archive": (
        'archive must be a folder below the remote one, like "done", not {value}.',
        'archive doit être un dossier sous le dossier distant, comme "done", pas {value}.',
    ),
    "remote.pin": (
        'pin must be the SHA-256 of a key or certificate, "SHA256:…" as ssh-keygen shows it or "sha256:" and 64 hex '
        "digits, not {value}.",
        'pin doit être le SHA-256 d\'une clé ou d\'un certificat, "SHA256:…" comme l\'affiche ssh-keygen ou "sha256:" et '
        "64 chiffres hexadécimaux, pas {value}.",
    ),
    "remote.seconds": (
        '{key} must be a time, like 60, "30s" or "5min", not {value}.',
        '{key} doit être une durée, comme 60, "30s" ou "5min", pas {value}.',
    ),
    "remote.header": (
        "The header {key} must have a plain name and a text.",
        "L'en-tête {key} doit avoir un nom simple et un texte.",
    ),
    "remote.template": (
        "The date in the address cannot be filled in ({why}). Write it like {{date:%Y-%m-%d}}.",
        "La date de l'adresse est illisible ({why}). Écrivez-la comme {{date:%Y-%m-%d}}.",
    ),
    "remote.not_kept": (
        'What {scheme}:// gives can only stay there: leave out after = "{after}".',
        'Ce que donne {scheme}:// ne peut que rester là-bas : retirez after = "{after}".',
    ),
    # the world
    "remote.unreachable": (
        "{url} cannot be reached ({why}). It is tried again by itself; nothing is lost.",
        "{url} est inaccessible ({why}). Nouvel essai automatique ; rien n'est perdu.",
    ),
    "remote.not_verified": (
        "{url} shows a certificate that cannot be trusted ({why}). Nothing was sent. If it is meant, name its issuer "
        "with ca, or the certificate itself with pin, in [remotes.NAME].",
        "{url} présente un certificat auquel on ne peut se fier ({why}). Rien n'a été envoyé. S'il est voulu, indiquez son "
        "émetteur avec ca, ou le certificat lui-même avec pin, dans [remotes.NOM].",
    ),
    "remote.unknown_key": (
        "{url} shows the key {seen}, which nobody has confirmed yet. Compare it with what its owner says; if it is "
        'right, write pin = "{seen}" in [remotes.NAME].',
        "{url} présente la clé {seen}, que personne n'a encore confirmée. Comparez-la avec ce que dit son propriétaire ; si "
        'elle est juste, écrivez pin = "{seen}" dans [remotes.NOM].',
    ),
    "remote.other_key": (
        "{url} shows the key or certificate {seen}, not the one that pin names. Nothing was sent. Ask its owner whether it "
        "was changed on purpose before you change pin.",
        "{url} présente la clé ou le certificat {seen}, pas celui que pin désigne. Rien n'a été envoyé. Demandez à son "
        "propriétaire s'il a été changé exprès avant de changer pin.",
    ),
    "remote.login": (
        "{url} does not let us in ({why}). Look at the user in the address and at password or key in [remotes.NAME].",
        "{url} nous refuse l'entrée ({why}). Vérifiez l'utilisateur dans l'adresse et password ou key dans [remotes.NOM].",
    ),
    "remote.no_folder": (
        "{url}: there is no such folder. Correct the address, or have the folder made.",
        "{url} : ce dossier n'existe pas. Corrigez l'adresse ou faites créer le dossier.",
    ),
    "remote.forbidden": (
        "{url} does not allow it ({name}). Have the right to read, write and rename there given to this user.",
        "{url} ne l'autorise pas ({name}). Faites donner à cet utilisateur le droit d'y lire, écrire et renommer.",
    ),
    "remote.failed": (
        "{url} refuses ({why}), with {name}. It is tried again by itself; nothing is lost.",
        "{url} refuse ({why}), avec {name}. Nouvel essai automatique ; rien n'est perdu.",
    ),
    "remote.vanished": (
        "{name} is no longer on {url}. Nothing of it was taken.",
        "{name} n'est plus sur {url}. Rien n'en a été pris.",
    ),
    "remote.changed": (
        "{name} was changed on {url} while it was read. It is read again.",
        "{name} a changé sur {url} pendant la lecture. Il sera relu.",
    ),
    "remote.cut": (
        "{name} came only in part from {url}. The rest is fetched by itself.",
        "{name} n'est arrivé qu'en partie de {url}. Le reste sera récupéré automatiquement.",
    ),
    "remote.short": (
        "{name} has not arrived whole on {url}. It is sent again by itself.",
        "{name} n'est pas arrivé en entier sur {url}. Il sera renvoyé automatiquement.",
    ),
    "remote.occupied": (
        "{url} has another file named {name} already, and it is never overwritten. Move it away there, or choose another "
        "name.",
        "{url} a déjà un autre fichier nommé {name}, et il n'est jamais écrasé. Déplacez-le là-bas ou choisissez un autre "
        "nom.",
    ),
    "remote.busy": (
        "Another process of this machine is at work with {url}. Its turn comes by itself.",
        "Un autre processus de cette machine travaille avec {url}. Son tour viendra automatiquement.",
    ),
    "remote.elsewhere": (
        "{name} of {url} is being fetched by another machine.",
        "{name} de {url} est récupéré par une autre machine.",
    ),
    "remote.stopped": (
        "The service ends; {name} goes on at its next start.",
        "Le service s'arrête ; {name} continuera à son prochain démarrage.",
    ),
    "remote.no_put": (
        "Nothing can be sent to {url}.",
        "Rien ne peut être envoyé à {url}.",
    ),
    # http
    "remote.status": (
        "{url} answers {status} ({why}). It is tried again by itself.",
        "{url} répond {status} ({why}). Nouvel essai automatique.",
    ),
    "remote.web_page": (
        "{url} answers with a web page, probably to log in, in place of a file. Look at the address and the headers.",
        "{url} répond par une page web, sans doute de connexion, au lieu d'un fichier. Vérifiez l'adresse et les en-têtes.",
    ),
    "remote.redirected": (
        "{url} sends us to another machine, {other}. Nothing was sent there; write that address if it is meant.",
        "{url} renvoie vers une autre machine, {other}. Rien n'y a été envoyé ; écrivez cette adresse si elle est voulue.",
    ),
    "remote.no_end": (
        "{url} does not say how long its answer is, and this format does not show where it ends. Nothing was taken.",
        "{url} ne dit pas la longueur de sa réponse, et ce format ne montre pas où il finit. Rien n'a été pris.",
    ),
    "remote.pages": (
        "The pages of {url} do not fit together: {why} Nothing was taken.",
        "Les pages de {url} ne vont pas ensemble : {why} Rien n'a été pris.",
    ),
    "remote.why_items": (
        "there is no list at {items}.",
        "il n'y a pas de liste à {items}.",
    ),
    "remote.why_json": (
        "one is no JSON ({detail}).",
        "l'une n'est pas du JSON ({detail}).",
    ),
    "remote.why_header": (
        "their first lines differ.",
        "leurs premières lignes diffèrent.",
    ),
    "remote.why_circle": (
        "a page leads back to an earlier one, or there are more than {most}.",
        "une page ramène à une page antérieure, ou il y en a plus de {most}.",
    ),
    # doctor and why
    "remote.ok": (
        "reached and verified; {count} files lie there",
        "joint et vérifié ; {count} fichiers s'y trouvent",
    ),
    "remote.undecodable": (
        "the server gives the name {name} in a way that it cannot be asked for. Have it renamed there.",
        "le serveur donne le nom {name} d'une façon qui ne permet pas de le demander. Faites-le renommer là-bas.",
    ),
    "remote.doctor_remedy": (
        "Until then the job waits and tries again by itself.",
        "D'ici là l'import attend et réessaie de lui-même.",
    ),
    "remote.why_taken": (
        "{name} is being fetched from {url}.",
        "{name} est en train d'être récupéré de {url}.",
    ),
    "remote.why_here": (
        "{name} was fetched from {url} and goes on from here.",
        "{name} a été récupéré de {url} et continue d'ici.",
    ),
    "remote.why_afar": (
        "{name} has not come from {url}.",
        "{name} n'est pas arrivé de {url}.",
    ),
    "remote.why_remedy": (
        "`pipeline doctor` looks at each remote folder now.",
        "`pipeline doctor` examine maintenant chaque dossier distant.",
    ),
    "remote.came": (
        "It came from {url}.",
        "Il vient de {url}.",
    ),
    "remote.sent": (
        "It appeared on {url} on {when}.",
        "Il est apparu sur {url} le {when}.",
    ),
    "remote.unsent": (
        "It still waits here to be sent to {url}.",
        "Il attend encore ici d'être envoyé à {url}.",
    ),
}
