"""Sentences of the room `server`: the HTTP door."""

TEXTS: dict[str, tuple[str, str]] = {
    "server.listen": (
        'listen must be an address of this machine and a port, like "127.0.0.1:8080", "[::1]:8080" or "unix:door.sock", '
        "not {value}.",
        'listen doit être une adresse de cette machine et un port, comme "127.0.0.1:8080", "[::1]:8080" ou '
        '"unix:door.sock", pas {value}.',
    ),
    "server.no_file": (
        "The file of {key} is not there: {place}. Correct the path.",
        "Le fichier de {key} n'existe pas : {place}. Corrigez le chemin.",
    ),
    "server.proxy": (
        'behind_proxy must be true, or the addresses of the proxies like ["10.0.0.2"], not {value}.',
        'behind_proxy doit être true, ou les adresses des proxys comme ["10.0.0.2"], pas {value}.',
    ),
    "server.host_name": (
        "hosts holds names such as office.example, without http:// and port, not {value}.",
        "hosts contient des noms comme bureau.example, sans http:// ni port, pas {value}.",
    ),
    "server.no_hosts": (
        'listen = "{listen}" takes every address: say by which names it is called, hosts = ["office.example"].',
        'listen = "{listen}" prend toutes les adresses : dites par quels noms on l\'appelle, '
        'hosts = ["bureau.example"].',
    ),
    "server.plain": (
        'listen = "{listen}" can be reached from other machines, and what they send could be read on the way. Give '
        'tls = {{ cert = "…", key = "…" }}, or behind_proxy, or listen on 127.0.0.1.',
        "listen = \"{listen}\" est accessible depuis d'autres machines, et ce qu'elles envoient pourrait être lu en "
        'chemin. Donnez tls = {{ cert = "…", key = "…" }}, ou behind_proxy, ou écoutez sur 127.0.0.1.',
    ),
    "server.nobody": (
        "{listen} can be reached from other machines, and nobody is known who may come in. Make somebody first: "
        "`pipeline user add NAME --role admin`, or `pipeline token create NAME`.",
        "{listen} est accessible depuis d'autres machines, et personne n'est connu qui puisse entrer. Créez d'abord "
        "quelqu'un : `pipeline user add NOM --role admin`, ou `pipeline token create NOM`.",
    ),
    "server.not_installed": (
        "[server] needs more packages: pip install 'pipeline-ingest[console]'.",
        "[server] demande d'autres paquets : pip install 'pipeline-ingest[console]'.",
    ),
    "server.cannot_listen": (
        "{listen} cannot be opened ({why}). Is another program there already? Correct listen in [server].",
        "{listen} ne peut être ouvert ({why}). Un autre programme y est-il déjà ? Corrigez listen dans [server].",
    ),
    "server.bad_tls": (
        "The certificate and key of [server] tls cannot be used ({why}).",
        "Le certificat et la clé de [server] tls sont inutilisables ({why}).",
    ),
    "server.open": ("The console is at {url}", "La console est à l'adresse {url}"),
    "server.unknown_host": (
        "This server is not called {host}. Its names stand in hosts of [server] in config.toml.",
        "Ce serveur ne s'appelle pas {host}. Ses noms sont dans hosts de [server] dans config.toml.",
    ),
    "server.log_in": (
        "Log in first, or send a token that is valid.",
        "Connectez-vous d'abord, ou envoyez un jeton valable.",
    ),
    "server.may_not": (
        "You may not do this: it needs the role {needs}.",
        "Vous n'avez pas ce droit : il faut le rôle {needs}.",
    ),
    "server.other_site": (
        "This came from another site and was not done. Open the page here and try again.",
        "Ceci venait d'un autre site et n'a pas été fait. Ouvrez la page ici et recommencez.",
    ),
    "server.no_page": ("There is nothing at this address.", "Il n'y a rien à cette adresse."),
    "server.method": (
        "This address does not take {method}.",
        "Cette adresse n'accepte pas {method}.",
    ),
    "server.too_big": (
        "What was sent is bigger than {most} bytes. Send less.",
        "L'envoi dépasse {most} octets. Envoyez moins.",
    ),
    "server.too_slow": (
        "Nothing came for {seconds} seconds; what had come until then was thrown away. Send it again.",
        "Rien n'est arrivé pendant {seconds} secondes ; ce qui était venu a été jeté. Renvoyez.",
    ),
    "server.bad_request": (
        "This cannot be understood: {why}.",
        "Ceci est incompréhensible : {why}.",
    ),
    "server.bug": (
        "Something unexpected happened: {error}. Nothing was lost; the details are in {place}.",
        "Un problème inattendu est survenu : {error}. Rien n'est perdu ; les détails sont dans {place}.",
    ),
    "server.failed": (
        "Something unexpected happened here; nothing was lost. The details are in the service's log.",
        "Un problème inattendu est survenu ici ; rien n'est perdu. Les détails sont dans le journal du service.",
    ),
}
