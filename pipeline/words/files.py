"""Sentences about files and folders."""

TEXTS: dict[str, tuple[str, str]] = {
    "files.busy": (
        "still open: another program is writing it. It is taken when that program has closed it.",
        "encore ouvert : un autre programme l'écrit. Il sera pris quand ce programme l'aura fermé.",
    ),
    "files.settling": (
        "just arrived: it is taken when it has not changed for a moment.",
        "vient d'arriver : il sera pris quand il n'aura pas changé pendant un moment.",
    ),
    "files.not_a_file": (
        "this is a {kind}, not a file, and stays where it is. Remove it, or put a file in its place.",
        "ceci n'est pas un fichier ({kind}) et reste où il est. Retirez-le, ou mettez un fichier à sa place.",
    ),
    "files.unreadable": (
        "{path} cannot be read ({why}). Give the service the right to read it.",
        "{path} ne peut pas être lu ({why}). Donnez au service le droit de le lire.",
    ),
    "files.environment": (
        "{path}: {why}. The job waits and tries again by itself; nothing is lost.",
        "{path} : {why}. L'import attend et réessaie de lui-même ; rien n'est perdu.",
    ),
    "files.inbox_unreachable": (
        "the folder {path} cannot be read ({why}). The job waits until it is back.",
        "le dossier {path} ne peut pas être lu ({why}). L'import attend son retour.",
    ),
    "files.no_worker": (
        "the process that reads files could not start ({why}). It is tried again by itself.",
        "le processus de lecture n'a pas pu démarrer ({why}). Nouvel essai automatique.",
    ),
    "files.kills_its_reader": (
        "reading this file ended the reading process {times} times ({why}). The file is set aside; send it to "
        "those who look after the program.",
        "la lecture de ce fichier a arrêté le processus {times} fois ({why}). Le fichier est mis de côté ; "
        "envoyez-le à ceux qui s'occupent du programme.",
    ),
    "files.too_much_memory": (
        "this file needs more memory than is allowed. Raise `memory_mb` in config.toml, or send it in parts.",
        "ce fichier demande plus de mémoire que permis. Augmentez `memory_mb` dans config.toml, ou envoyez-le "
        "en plusieurs parties.",
    ),
    "files.trailer_missing": (
        "the last line should look like {trailer}, but it is: {line}. The file was cut short; send it again whole.",
        "la dernière ligne devrait ressembler à {trailer}, mais elle est : {line}. Le fichier a été coupé ; "
        "envoyez-le à nouveau en entier.",
    ),
    "files.trailer_count": (
        "the last line announces {announced} rows, but the file has {found}. Rows are missing or too many; send "
        "the file again whole.",
        "la dernière ligne annonce {announced} lignes, mais le fichier en a {found}. Il en manque ou il y en a de "
        "trop ; envoyez le fichier à nouveau en entier.",
    ),
    "files.template_braces": (
        "the braces in {template} do not close. Write each placeholder as {example}.",
        "les accolades de {template} ne se ferment pas. Écrivez chaque élément ainsi : {example}.",
    ),
    "files.template_unknown": (
        "{name} is not known here. These are: {known}.",
        "{name} n'est pas connu ici. Sont connus : {known}.",
    ),
    "files.template_absolute": (
        "{template} must be a path below the folder `processed`: no / at the start, no backslash, no ~.",
        "{template} doit être un chemin sous le dossier `processed` : pas de / au début, ni \\, ni ~.",
    ),
    "files.template_parts": (
        "{template} has an empty part, or a part that is only dots. Name each folder.",
        "{template} a une partie vide, ou faite seulement de points. Nommez chaque dossier.",
    ),
    "files.template_same": (
        "{template} would give all files the same name. Put one of {needed} into it.",
        "{template} donnerait le même nom à tous les fichiers. Mettez-y l'un de ceux-ci : {needed}.",
    ),
    "files.queued": (
        "many files came before it: it is looked at in its turn.",
        "beaucoup de fichiers le précèdent : il sera examiné à son tour.",
    ),
    "files.no_companion": (
        "waits for its companion {companion}: it is imported when that file lies beside it.",
        "attend son compagnon {companion} : il sera importé quand ce fichier sera à côté de lui.",
    ),
    "files.no_main": (
        "{companion} announces a file that is not there. Send that file; nothing else has to be done.",
        "{companion} annonce un fichier qui n'est pas là. Envoyez ce fichier ; rien d'autre n'est à faire.",
    ),
    "files.checksum_differs": (
        "its content is not the one that {companion} announces: still on its way, or damaged. Send both again if it stays so.",
        "son contenu n'est pas celui que {companion} annonce : transfert en cours, ou fichier abîmé. Renvoyez les deux si cela dure.",
    ),
    "files.checksum_unreadable": (
        "{companion} holds no checksum of its kind. Send it again.",
        "{companion} ne contient pas de somme de contrôle de ce type. Renvoyez-le.",
    ),
    "files.no_trailer": (
        "its last line does not begin like {trailer}: it is not complete yet.",
        "sa dernière ligne ne commence pas par {trailer} : il n'est pas encore complet.",
    ),
}
