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
}
