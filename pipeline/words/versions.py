"""Earlier versions of mappings."""

TEXTS: dict[str, tuple[str, str]] = {
    "versions.none_such": (
        "There is no version {asked} of this mapping; those that were used: {known}. `pipeline mapping history` shows them.",
        "Il n'y a pas de version {asked} de ce modèle ; celles qui ont servi : {known}. `pipeline mapping history` les montre.",
    ),
    "versions.version": (
        "{name}@{number}, first used {when}{now}",
        "{name}@{number}, première fois le {when}{now}",
    ),
    "versions.current": (" (as it is written now)", " (tel qu'il est écrit maintenant)"),
    "versions.unused": (
        "{name} as it is written now; no file was imported with it yet",
        "{name} tel qu'il est écrit maintenant ; aucun fichier n'a encore été importé avec",
    ),
    "versions.saved": (
        "Mapping {name} is saved. A running service goes by it from the next file on.",
        "Le modèle {name} est enregistré. Un service en marche s'en sert dès le prochain fichier.",
    ),
    "versions.unchanged": ("Mapping {name} was not changed.", "Le modèle {name} n'a pas été changé."),
    "versions.kept_old": (
        "Mapping {name} stays as it was. What you wrote is in {draft}.",
        "Le modèle {name} reste tel qu'il était. Ce que vous avez écrit est dans {draft}.",
    ),
    "versions.meanwhile": (
        "Mapping {name} was changed by somebody else while you edited it, so it was not replaced. What you wrote is in {draft}.",
        "Le modèle {name} a été changé par quelqu'un d'autre entre-temps et n'a pas été remplacé. Ce que vous avez écrit est dans {draft}.",
    ),
    "versions.no_editor": (
        "No editor is set. Set EDITOR, as in EDITOR=nano, or change {file} directly and run `pipeline check`.",
        "Aucun éditeur n'est réglé. Réglez EDITOR, par exemple EDITOR=nano, ou changez {file} directement puis lancez `pipeline check`.",
    ),
    "versions.no_terminal": (
        "An editor needs a terminal, and there is none here. Change {file} directly and run `pipeline check`.",
        "Un éditeur a besoin d'un terminal, et il n'y en a pas ici. Changez {file} directement puis lancez `pipeline check`.",
    ),
    "versions.bad_editor": (
        "The editor {editor} did not work ({why}); the mapping stays as it was.",
        "L'éditeur {editor} n'a pas fonctionné ({why}) ; le modèle reste tel qu'il était.",
    ),
    "versions.exit_code": ("it ended with code {number}", "il s'est terminé avec le code {number}"),
    "versions.carried": (
        "was taken; it stands here because its document must be whole",
        "a été prise ; elle est ici parce que son document doit être entier",
    ),
    "versions.corrects": (
        "It brings the mended lines of file {id}.",
        "Il apporte les lignes corrigées du fichier {id}.",
    ),
    "versions.corrected_by": (
        "File {id} ({name}) brought mended lines of it: {rows} lines, {refused} refused.",
        "Le fichier {id} ({name}) en a apporté des lignes corrigées : {rows} lignes, {refused} refusées.",
    ),
    "versions.no_refused": (
        "File {id} has no refused lines: there is nothing to correct.",
        "Le fichier {id} n'a pas de lignes refusées : rien à corriger.",
    ),
    "versions.no_workbook": (
        "The lines of file {id} have no column names or are too long for a workbook. Leave --xlsx out: the text form holds them as they are.",
        "Les lignes du fichier {id} n'ont pas de noms de colonnes ou sont trop longues pour un classeur. Retirez --xlsx : la forme texte les garde telles quelles.",
    ),
    "versions.there": (
        "{place} is there already; name another file with --to.",
        "{place} existe déjà ; nommez un autre fichier avec --to.",
    ),
    "versions.corrections": (
        "{count} lines to correct are in {place}. Mend them there and drop the file into the inbox {inbox}, under this name.",
        "{count} lignes à corriger sont dans {place}. Corrigez-les et déposez le fichier dans {inbox}, sous ce nom.",
    ),
    "versions.again": ("Edit it again? No keeps the old mapping.", "Le rouvrir ? Non garde l'ancien modèle."),
}
