"""Sentences of the drop door."""

TEXTS: dict[str, tuple[str, str]] = {
    "drop.length": (
        "Say how long the file is: Content-Length is missing.",
        "Dites la longueur du fichier : Content-Length manque.",
    ),
    "drop.nothing": (
        "No file came. Send it in a form field named file.",
        "Aucun fichier n'est arrivé. Envoyez-le dans un champ de formulaire nommé file.",
    ),
    "drop.other_job": ("This token is for {job} only.", "Ce jeton ne vaut que pour {job}."),
    "drop.folder": (
        "{job} takes no files from a folder {folder}. An import from sub-folders needs ?folder=NAME of one that is there.",
        "{job} ne prend pas de fichiers d'un dossier {folder}. Un import de sous-dossiers demande ?folder=NOM d'un "
        "dossier existant.",
    ),
    "drop.name": (
        "{name} cannot be the name of a file here: no folders, no hidden names, at most 200 letters.",
        "{name} ne peut être un nom de fichier ici : ni dossiers, ni noms cachés, au plus 200 lettres.",
    ),
    "drop.pattern": (
        "{job} does not take {name}: it takes {pattern}.",
        "{job} ne prend pas {name} : il prend {pattern}.",
    ),
    "drop.digest_form": (
        "Content-Digest must be sha-256=:…: with the SHA-256 of the file in base64.",
        "Content-Digest doit être sha-256=:…: avec le SHA-256 du fichier en base64.",
    ),
    "drop.digest": (
        "What came is not what the Content-Digest says; it was thrown away. Send it again.",
        "Ce qui est arrivé ne correspond pas au Content-Digest ; c'est jeté. Renvoyez le fichier.",
    ),
    "drop.cut": (
        "Not all {length} bytes came; what came was thrown away. Send it again.",
        "Les {length} octets ne sont pas tous arrivés ; ce qui est venu a été jeté. Renvoyez le fichier.",
    ),
    "drop.no_room": (
        "There is no room for {length} bytes on the disc of the inbox. Nothing was kept.",
        "Il n'y a pas de place pour {length} octets sur le disque du dossier d'arrivée. Rien n'a été gardé.",
    ),
}
