"""The order between files, and between jobs."""

TEXTS: dict[str, tuple[str, str]] = {
    "turns.gap": (
        "{name} waits: {missing} is missing before it ({count} in all). It goes in without it at {until}.",
        "{name} attend : il manque {missing} avant lui ({count} en tout). Il sera importé sans à {until}.",
    ),
    "turns.gap_remedy": (
        "Have the missing file sent again; or import now, with: pipeline once {job} --now",
        "Faites renvoyer le fichier manquant ; ou importez tout de suite : pipeline once {job} --now",
    ),
    "turns.behind": (
        "Waits for its turn behind {before}, before which {missing} is missing.",
        "Attend son tour derrière {before}, avant lequel il manque {missing}.",
    ),
    "turns.unfinished": (
        "Waits for its turn behind {before}, which is still on its way.",
        "Attend son tour derrière {before}, qui est encore en route.",
    ),
    "turns.without": (
        "{name} went in although {missing} was missing before it ({count} in all).",
        "{name} a été importé bien que {missing} manque avant lui ({count} en tout).",
    ),
    "turns.missing": (
        "{missing} has not come ({count} missing in all); later ones were imported without it.",
        "{missing} n'est pas arrivé ({count} manquants en tout) ; les suivants ont été importés sans.",
    ),
    "turns.after_loading": (
        "Waits for job {other}, which is importing a file and goes first.",
        "Attend l'import {other}, qui est en cours et passe d'abord.",
    ),
    "turns.after_waiting": (
        "Waits for job {other}, which goes first: {file} lies there and is not imported yet.",
        "Attend l'import {other}, qui passe d'abord : {file} y est et n'est pas encore importé.",
    ),
    "turns.after_paused": (
        "Waits for job {other}, which goes first and is paused: {file} lies there.",
        "Attend l'import {other}, qui passe d'abord et est suspendu : {file} y est.",
    ),
    "turns.after_held": (
        "Waits for job {other}, which goes first: your agreement is asked for {count} of its files.",
        "Attend l'import {other}, qui passe d'abord : votre accord est demandé pour {count} de ses fichiers.",
    ),
    "turns.after_due": (
        "Waits for job {other}, which goes first and expects a file at this hour.",
        "Attend l'import {other}, qui passe d'abord et attend un fichier à cette heure.",
    ),
    "turns.after_remedy": (
        "`pipeline files --job {other}` shows its files. To go on without it: pipeline once {job} --now",
        "`pipeline files --job {other}` montre ses fichiers. Pour continuer sans lui : pipeline once {job} --now",
    ),
    "turns.paused_remedy": (
        "pipeline resume {other}. To go on without it: pipeline once {job} --now",
        "pipeline resume {other}. Pour continuer sans lui : pipeline once {job} --now",
    ),
    "turns.delivery": (
        "{name} waits for the file that belongs to it: {missing} has not come ({count} missing).",
        "{name} attend le fichier qui va avec : {missing} n'est pas arrivé ({count} manquants).",
    ),
    "turns.together": (
        "It went in together with {names}; an undo takes all of them back.",
        "Il a été importé avec {names} ; une annulation les reprend tous.",
    ),
    "turns.delivery_remedy": (
        "Put the missing file into the same folder; they go in together.",
        "Déposez le fichier manquant dans le même dossier ; ils seront importés ensemble.",
    ),
    # config -------------------------------------------------------------------------------------------------
    "turns.order": (
        '`order` is "arrival", "name", {{ number = "orders-(\\\\d+)" }} or {{ date = "sales-%Y%m%d" }}, not {value}.',
        '`order` vaut "arrival", "name", {{ number = "commandes-(\\\\d+)" }} ou {{ date = "ventes-%Y%m%d" }}, et non {value}.',
    ),
    "turns.bad_number": (
        "{value} finds no number in a name: put brackets around the figures, as in orders-(\\d+).",
        "{value} ne trouve pas de numéro dans un nom : mettez les chiffres entre parenthèses, comme commandes-(\\d+).",
    ),
    "turns.bad_date": (
        "{value} finds no date in a name: write year, month and day as in sales-%Y%m%d, each once (%y, %j, %H, %M, %S work too).",
        "{value} ne trouve pas de date dans un nom : écrivez année, mois et jour comme ventes-%Y%m%d, une fois chacun (%y, %j, %H, %M, %S aussi).",
    ),
    "turns.gap_value": (
        '`gap` is how long a file waits for a missing one: a time such as "08:00", or "30min", "2h". Not {value}.',
        '`gap` dit combien de temps un fichier attend celui qui manque : une heure comme "08:00", ou "30min", "2h". Pas {value}.',
    ),
    "turns.gap_alone": (
        "`gap` needs an `order` by number, or by a date without a time of day: nothing else says what is missing.",
        "`gap` demande un `order` par numéro, ou par une date sans heure : rien d'autre ne dit ce qui manque.",
    ),
    "turns.after_job": (
        "There is no job {other} to come after.",
        "Il n'y a pas d'import {other} à attendre.",
    ),
    "turns.circle": (
        "These jobs would wait for each other for ever: {way}. Take one `after` out.",
        "Ces imports s'attendraient sans fin : {way}. Retirez un `after`.",
    ),
}
