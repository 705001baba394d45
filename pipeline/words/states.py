"""Why a file is, or is not, in the database."""

TEXTS: dict[str, tuple[str, str]] = {
    "states.unknown": (
        "{name} is not known here: it lies in no inbox and was never imported.",
        "{name} n'est pas connu ici : il n'est dans aucun dossier d'arrivée et n'a jamais été importé.",
    ),
    "states.unknown_remedy": (
        "Put it into the inbox of a job; `pipeline status` names them.",
        "Déposez-le dans le dossier d'arrivée d'un import ; `pipeline status` les nomme.",
    ),
    "states.no_pattern": (
        "{name} is not imported: no job of its folder takes files of this name (they take {patterns}).",
        "{name} n'est pas importé : aucun import de ce dossier ne prend ce nom (ils prennent {patterns}).",
    ),
    "states.no_pattern_remedy": (
        "Rename the file, or change `pattern` in config.toml.",
        "Renommez le fichier, ou changez `pattern` dans config.toml.",
    ),
    "states.loading": (
        "{name} is being imported.",
        "{name} est en cours d'import.",
    ),
    "states.loading_remedy": (
        "Ask again in a moment. If no service runs, start it: pipeline run",
        "Demandez de nouveau dans un instant. Si aucun service ne tourne, lancez-le : pipeline run",
    ),
    "states.switch_off": (
        "{name} waits: the automatic function is switched off.",
        "{name} attend : la fonction automatique est désactivée.",
    ),
    "states.switch_off_remedy": ("Switch it on: pipeline on", "Activez-la : pipeline on"),
    "states.ready": (
        "{name} is complete and will be imported by job {job} as soon as the service runs.",
        "{name} est complet et sera importé par {job} dès que le service tourne.",
    ),
    "states.not_yet": (
        "{name} is waiting until {opening}, the next time job {job} runs.",
        "{name} attend jusqu'à {opening}, la prochaine exécution de {job}.",
    ),
    "states.not_yet_remedy": (
        "Start the service with `pipeline run`, or import it now: pipeline once {job} --now",
        "Lancez le service avec `pipeline run`, ou importez-le tout de suite : pipeline once {job} --now",
    ),
    "states.imported": (
        "{name} is imported (file {id}): {rows} rows read = {inserted} new + {updated} changed + {unchanged} "
        "unchanged + {refused} refused + {repeats} replaced by a later row of the file. It lies in {place}.",
        "{name} est importé (fichier {id}) : {rows} lignes lues = {inserted} nouvelles + {updated} modifiées + "
        "{unchanged} inchangées + {refused} refusées + {repeats} remplacées par une ligne suivante du fichier. "
        "Il est dans {place}.",
    ),
    "states.refused_remedy": (
        "See the lines to correct: pipeline show {id}",
        "Voyez les lignes à corriger : pipeline show {id}",
    ),
    "states.duplicate": (
        "{name} has the content that was imported last: nothing was loaded.",
        "{name} a le contenu importé en dernier : rien n'a été chargé.",
    ),
    "states.failed": ("{name} could not be imported.", "{name} n'a pas pu être importé."),
    "states.failed_remedy": (
        "The file is kept as {place}; correct it and drop it again.",
        "Le fichier est gardé sous {place} ; corrigez-le et déposez-le de nouveau.",
    ),
}
