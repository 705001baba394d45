"""Sentences about how new files are noticed."""

TEXTS: dict[str, tuple[str, str]] = {
    "watching.native": (
        "the system tells of new files at once; the folder is also looked at every {seconds} seconds.",
        "le système signale les nouveaux fichiers aussitôt ; le dossier est aussi regardé toutes les {seconds} "
        "secondes.",
    ),
    "watching.asked_native": (
        "the system tells of new files, as config.toml asks; the folder is also looked at every {seconds} "
        "seconds.",
        "le système signale les nouveaux fichiers, comme config.toml le demande ; le dossier est aussi regardé "
        "toutes les {seconds} secondes.",
    ),
    "watching.asked_poll": (
        "the folder is looked at every {seconds} seconds, as config.toml asks.",
        "le dossier est regardé toutes les {seconds} secondes, comme config.toml le demande.",
    ),
    "watching.network": (
        "the folder lies on another computer, and the system does not tell what others put there: it is looked "
        "at every {seconds} seconds.",
        "le dossier est sur un autre ordinateur, et le système ne signale pas ce que d'autres y déposent : il "
        "est regardé toutes les {seconds} secondes.",
    ),
    "watching.missing": (
        "the folder is not there: it is looked for every {seconds} seconds. Create it, or connect its share.",
        "le dossier n'existe pas : il est recherché toutes les {seconds} secondes. Créez-le, ou connectez son "
        "partage.",
    ),
    "watching.no_instances": (
        "the system has no inotify instance left ({why}): the folder is looked at every {seconds} seconds. "
        "Raise fs.inotify.max_user_instances (`sysctl -w fs.inotify.max_user_instances=512`), or the limit of "
        "open files (`ulimit -n`).",
        "le système n'a plus d'instance inotify ({why}) : le dossier est regardé toutes les {seconds} secondes. "
        "Augmentez fs.inotify.max_user_instances (`sysctl -w fs.inotify.max_user_instances=512`), ou la limite "
        "de fichiers ouverts (`ulimit -n`).",
    ),
    "watching.no_watches": (
        "the system has no inotify watch left ({why}): the folder is looked at every {seconds} seconds. Raise "
        "fs.inotify.max_user_watches (`sysctl -w fs.inotify.max_user_watches=524288`).",
        "le système n'a plus de surveillance inotify ({why}) : le dossier est regardé toutes les {seconds} "
        "secondes. Augmentez fs.inotify.max_user_watches (`sysctl -w fs.inotify.max_user_watches=524288`).",
    ),
    "watching.refused": (
        "the system refuses to tell of new files here ({why}): the folder is looked at every {seconds} seconds. "
        "Give the service the right to read the folder.",
        "le système refuse de signaler les nouveaux fichiers ici ({why}) : le dossier est regardé toutes les "
        "{seconds} secondes. Donnez au service le droit de lire le dossier.",
    ),
}
