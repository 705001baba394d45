"""Sentences of the room `config`."""

TEXTS: dict[str, tuple[str, str]] = {
    "config.changed_meanwhile": (
        "{file} was changed by somebody else meanwhile; nothing was saved. Look at it as it is now, and save again.",
        "{file} a été modifié entre-temps par quelqu'un d'autre ; rien n'a été enregistré. Regardez-le tel qu'il est, puis enregistrez à nouveau.",
    ),
    "config.not_saved": (
        "{file} would have a mistake; nothing was saved. Correct what is marked.",
        "{file} contiendrait une erreur ; rien n'a été enregistré. Corrigez ce qui est signalé.",
    ),
    "config.day": (
        "{key} is a date such as 2026-03-31, not {value}.",
        "{key} est une date comme 2026-03-31, et non {value}.",
    ),
    "config.near": ("Did you mean {near}?", "Vouliez-vous dire {near} ?"),
    "config.no_job": (
        "There is no import named {job}. Known: {known}.",
        "Aucun import ne s'appelle {job}. Connus : {known}.",
    ),
    "config.mistakes": (
        "{file} cannot be used; mistakes: {count}. Correct them.",
        "{file} est inutilisable ; erreurs : {count}. Corrigez-les.",
    ),
    "config.unreadable": (
        "{file} cannot be read ({detail}). `pipeline init` makes a ready folder.",
        "{file} est illisible ({detail}). `pipeline init` crée un dossier prêt.",
    ),
    "config.unwritable": (
        "{file} cannot be written ({detail}). Check the folder's permissions.",
        "{file} ne peut être écrit ({detail}). Vérifiez les droits du dossier.",
    ),
    "config.toml": ("This is not TOML: {detail}.", "Ceci n'est pas du TOML : {detail}."),
    "config.unknown": (
        "There is no setting {key} in {where}.",
        "Il n'y a pas de réglage {key} dans {where}.",
    ),
    "config.unknown_top": ("There is no setting {key}.", "Il n'y a pas de réglage {key}."),
    "config.text": (
        "{key} must be a text in quotes, not {value}.",
        "{key} doit être un texte entre guillemets, pas {value}.",
    ),
    "config.texts": (
        "{key} must be a text or a list of texts, not {value}.",
        "{key} doit être un texte ou une liste de textes, pas {value}.",
    ),
    "config.section": ("{key} must be a section with settings.", "{key} doit être une section de réglages."),
    "config.boolean": (
        "{key} must be true or false, not {value}.",
        "{key} doit être true ou false, pas {value}.",
    ),
    "config.count": (
        "{key} must be a whole number, not negative, not {value}.",
        "{key} doit être un nombre entier positif, pas {value}.",
    ),
    "config.percent": (
        "max_percent must be from 0 to 100, not {value}.",
        "max_percent doit être entre 0 et 100, pas {value}.",
    ),
    "config.zone": (
        "There is no time zone {zone}. Write for example Europe/Paris.",
        "Aucun fuseau ne s'appelle {zone}. Écrivez par exemple Europe/Paris.",
    ),
    "config.language": (
        'language must be "en" or "fr", not {language}.',
        'language doit être "en" ou "fr", pas {language}.',
    ),
    "config.no_env": (
        "The environment variable {name} is not set. Set it.",
        "La variable d'environnement {name} est absente. Définissez-la.",
    ),
    "config.no_secret": (
        "The file {name} with the database's address cannot be read.",
        "Le fichier {name}, qui contient l'adresse de la base, est illisible.",
    ),
    "config.database": (
        "database must start with sqlite:/// or postgresql://. Correct it.",
        "database doit commencer par sqlite:/// ou postgresql://. Corrigez-le.",
    ),
    "config.job_name": (
        "The name {name} may hold letters, digits, - and _ only.",
        "Le nom {name} ne peut contenir que lettres, chiffres, - et _.",
    ),
    "config.missing": ("{key} is missing in {where}. Add it.", "{key} manque dans {where}. Ajoutez-le."),
    "config.no_mapping": (
        "There is no file mappings/{mapping}.toml. Make it or correct the name.",
        "Le fichier mappings/{mapping}.toml n'existe pas. Créez-le ou corrigez le nom.",
    ),
    "config.both": ("Write either every or at, not both.", "Écrivez soit every, soit at, pas les deux."),
    "config.every": (
        'every must be seconds above 0, or like "30s" or "5min", not {value}.',
        'every doit être en secondes (plus de 0), ou comme "30s" ou "5min", pas {value}.',
    ),
    "config.at": (
        'at must be an hour like "03:00" or "3h", or a list of them, not {value}.',
        'at doit être une heure comme "03:00" ou "3h", ou une liste, pas {value}.',
    ),
    "config.nested": (
        "The folder {folder} lies in or around the folder {other}. Use separate folders.",
        "Le dossier {folder} est dans ou autour du dossier {other}. Utilisez des dossiers séparés.",
    ),
    "config.overlap": (
        "The import {other} could take the same file from this inbox. Make the patterns differ.",
        "L'import {other} pourrait prendre le même fichier dans ce dossier. Distinguez les pattern.",
    ),
    "config.ready": (
        'ready must name the companion with {{stem}} or {{name}}, like "{{stem}}.ok", not {value}.',
        'ready doit nommer le compagnon avec {{stem}} ou {{name}}, comme "{{stem}}.ok", pas {value}.',
    ),
    "config.schema": (
        'schema must be "none" (tables of another program) or the name of a schema, not {value}.',
        "schema doit être \"none\" (tables d'un autre programme) ou le nom d'un schéma, pas {value}.",
    ),
    "config.kept": (
        "the config was saved with a mistake and the service goes on with the last good one: {mistake}",
        "la configuration a été enregistrée avec une erreur ; le service garde la dernière bonne : {mistake}",
    ),
}
