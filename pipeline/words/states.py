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
    # no job takes it where it lies --------------------------------------------------------------------------
    "states.no_pattern": (
        "{name} is not imported: no job of its folder takes files of this name (they take {patterns}).",
        "{name} n'est pas importé : aucun import de ce dossier ne prend ce nom (ils prennent {patterns}).",
    ),
    "states.no_pattern_remedy": (
        "Rename the file, or change `pattern` in config.toml.",
        "Renommez le fichier, ou changez `pattern` dans config.toml.",
    ),
    "states.move_there": (
        "Job {job} takes files of this name: move it to {place}.",
        "L'import {job} prend les fichiers de ce nom : déplacez-le vers {place}.",
    ),
    "states.move_to_one": (
        "Move it to the inbox of a job that takes files of this name: {jobs}.",
        "Déplacez-le vers le dossier d'un import qui prend ce nom : {jobs}.",
    ),
    "states.elsewhere": (
        "{name} is not imported: {folder} is no inbox.",
        "{name} n'est pas importé : {folder} n'est pas un dossier d'arrivée.",
    ),
    "states.wrong_folder": (
        "{name} is not imported: job {job} takes no files from {folder}, only from {places}.",
        "{name} n'est pas importé : l'import {job} ne prend rien dans {folder}, seulement dans {places}.",
    ),
    "states.temporary": (
        "{name} has the name of a file that is still on its way (like .part or ~), or that is hidden: no job takes it.",
        "{name} porte le nom d'un fichier encore en route (comme .part ou ~), ou caché : aucun import ne le prend.",
    ),
    "states.temporary_remedy": (
        "Its sender renames it when it is whole. If that never happens, rename it yourself.",
        "Son expéditeur le renomme quand il est entier. Si cela n'arrive pas, renommez-le vous-même.",
    ),
    "states.accompanies": (
        "{name} goes with {main} and is kept beside it; it has no rows of its own.",
        "{name} accompagne {main} et sera gardé à côté ; il n'a pas de lignes à lui.",
    ),
    "states.just_changed": (
        "{name} came or went at this very moment.",
        "{name} vient d'arriver ou de partir à l'instant.",
    ),
    # it waits -----------------------------------------------------------------------------------------------
    "states.switch_off": (
        "{name} waits: the automatic function is switched off.",
        "{name} attend : la fonction automatique est désactivée.",
    ),
    "states.switch_off_remedy": ("Switch it on: pipeline on", "Activez-la : pipeline on"),
    "states.paused": (
        "{name} waits: {who} paused job {job} ({why}).",
        "{name} attend : {who} a mis l'import {job} en pause ({why}).",
    ),
    "states.paused_until": (
        "{name} waits: {who} paused job {job} until {until} ({why}).",
        "{name} attend : {who} a mis l'import {job} en pause jusqu'au {until} ({why}).",
    ),
    "states.paused_remedy": (
        "End the pause: pipeline resume {job}. For once all the same: pipeline once {job} --now",
        "Finir la pause : pipeline resume {job}. Une fois quand même : pipeline once {job} --now",
    ),
    "states.open_by": (
        "{name} is still open for writing: {who}.",
        "{name} est encore ouvert en écriture : {who}.",
    ),
    "states.open_remedy": (
        "It is taken when that program has closed it. If the program hangs, end it.",
        "Il sera pris quand ce programme l'aura fermé. Si le programme est bloqué, arrêtez-le.",
    ),
    "states.companion_remedy": (
        "Put that file beside it. If none is ever sent, take `ready` out of [imports.{job}].",
        "Mettez ce fichier à côté. S'il n'est jamais envoyé, ôtez `ready` de [imports.{job}].",
    ),
    "states.trailer_remedy": (
        "Send it again up to the line {trailer}. If it never has one, take `trailer` out of [imports.{job}].",
        "Renvoyez-le jusqu'à la ligne {trailer}. S'il n'en a jamais, ôtez `trailer` de [imports.{job}].",
    ),
    "states.incomplete_remedy": (
        "It is looked at again when it changes. If its sender has finished, send it again whole.",
        "Il sera examiné de nouveau s'il change. Si l'envoi est fini, renvoyez-le en entier.",
    ),
    "states.still_remedy": (
        "Nothing to do: it is taken as it is when it has not changed for {seconds} seconds.",
        "Rien à faire : il sera pris tel quel s'il ne change pas pendant {seconds} secondes.",
    ),
    "states.unfinished_remedy": (
        "It waits until {until} for the rest. Then it is taken as it is, and what cannot be read of it goes to the failed"
        " files with the reason. If its sender has finished, send it again whole.",
        "Il attend la suite jusqu'à {until}. Ensuite il sera pris tel quel, et s'il ne peut pas être lu, il ira avec les"
        " fichiers en échec, avec la raison. Si l'envoi est fini, renvoyez-le en entier.",
    ),
    "states.settling": (
        "{name} came or changed {still} seconds ago: it is taken when it has been still for {quiet} seconds.",
        "{name} est arrivé ou a changé il y a {still} secondes : il sera pris après {quiet} secondes sans changement.",
    ),
    "states.settling_remedy": (
        "Ask again in a moment. A sender that renames the file when it is whole needs no wait.",
        "Redemandez dans un instant. Un expéditeur qui renomme le fichier une fois entier évite cette attente.",
    ),
    "states.database_remedy": (
        "Start the database or mend its address in config.toml (`pipeline doctor` looks); then it goes on by itself.",
        "Démarrez la base ou corrigez son adresse dans config.toml (voyez `pipeline doctor`) ; la suite est automatique.",
    ),
    "states.trouble_remedy": (
        "It goes on by itself once that is mended; `pipeline doctor` says what to do.",
        "La suite est automatique une fois cela réparé ; `pipeline doctor` dit quoi faire.",
    ),
    "states.mapping_wrong": (
        "the mapping {mapping} of job {job} has mistakes.",
        "le modèle d'import {mapping} de {job} a des erreurs.",
    ),
    "states.check_remedy": (
        "See every mistake: pipeline check. Once it is corrected it is in effect within seconds.",
        "Voyez chaque erreur : pipeline check. Une fois corrigée, elle prend effet en quelques secondes.",
    ),
    "states.not_yet": (
        "{name} is waiting until {opening}, the next time job {job} runs.",
        "{name} attend jusqu'à {opening}, la prochaine exécution de {job}.",
    ),
    "states.not_yet_remedy": (
        "To import it at once: pipeline once {job} --now",
        "Pour l'importer tout de suite : pipeline once {job} --now",
    ),
    "states.passed_remedy": (
        "Give the job another day in config.toml, or import it now: pipeline once {job} --now",
        "Donnez un autre jour à l'import dans config.toml, ou importez maintenant : pipeline once {job} --now",
    ),
    "states.no_service": (
        "no service runs here, so nothing is imported.",
        "aucun service ne tourne ici, rien n'est donc importé.",
    ),
    "states.no_service_remedy": (
        "Start it: pipeline run. Or only what is there now: pipeline once {job}",
        "Lancez-le : pipeline run. Ou seulement ce qui est là : pipeline once {job}",
    ),
    # nothing stands in its way ------------------------------------------------------------------------------
    "states.behind": (
        "{name} is complete; {count} files of its job come before it.",
        "{name} est complet ; {count} fichiers du même import passent avant lui.",
    ),
    "states.behind_remedy": ("Nothing to do: its turn comes.", "Rien à faire : son tour vient."),
    "states.at_work": (
        "{name} is complete; job {job} has been at work since {opening} and takes it now.",
        "{name} est complet ; l'import {job} travaille depuis {opening} et le prend maintenant.",
    ),
    "states.soon": (
        "{name} is complete; job {job} takes it at any moment now.",
        "{name} est complet ; l'import {job} le prend d'un instant à l'autre.",
    ),
    "states.soon_remedy": ("Ask again in a moment.", "Redemandez dans un instant."),
    # it was taken -------------------------------------------------------------------------------------------
    "states.closed": (
        "{count} rows of it belong to months that are closed (until {until}; in {tables}). Is it to go in all the same?",
        "{count} de ses lignes sont de mois clôturés (jusqu'au {until} ; dans {tables}). Faut-il l'importer quand même ?",
    ),
    "states.closed_undo": (
        "File {id} is not taken back: {count} rows of it belong to months that are closed (until {until}; in {tables}). "
        "To do it all the same: pipeline undo {id} --even-closed",
        "Le fichier {id} n'est pas annulé : {count} de ses lignes sont de mois clôturés (jusqu'au {until} ; dans {tables}). "
        "Pour le faire quand même : pipeline undo {id} --even-closed",
    ),
    "states.brake_rows": (
        "it has {rows} rows; the last files of this job had {least} to {most}. Is that right?",
        "il a {rows} lignes ; les derniers fichiers de cet import en avaient {least} à {most}. Est-ce normal ?",
    ),
    "states.brake_new": (
        "{percent} % of its rows are new; at most {usual} % were in the last files. Is that right?",
        "{percent} % de ses lignes sont nouvelles ; {usual} % au plus dans les derniers fichiers. Est-ce normal ?",
    ),
    "states.brake_changed": (
        "it changes {percent} % of the rows that it meets; the last files changed {usual} % at most. Is that right?",
        "il modifie {percent} % des lignes connues ; les derniers fichiers {usual} % au plus. Est-ce normal ?",
    ),
    "states.brake_bigger": (
        "{column} is about {factor} times what it was. Has a decimal point been lost?",
        "{column} vaut environ {factor} fois ce qu'il valait. Une virgule s'est-elle perdue ?",
    ),
    "states.brake_smaller": (
        "{column} is about {factor} times less than it was. Has a decimal point been lost?",
        "{column} vaut environ {factor} fois moins qu'avant. Une virgule s'est-elle perdue ?",
    ),
    "states.brake_deletes": (
        "it would delete {deleted} rows, more than the {most} you allow. Is that right?",
        "il supprimerait {deleted} lignes, plus que les {most} permises. Est-ce normal ?",
    ),
    "states.brake_gone": (
        "it no longer has {gone} of the {before} rows of {table} that were there, and {most} may go without asking. Is that right?",
        "il n'a plus {gone} des {before} lignes de {table} qui y étaient, et {most} peuvent partir sans demander. Est-ce normal ?",
    ),
    "states.held_remedy": (
        "To import it all the same: pipeline approve {id}. To leave it out: pipeline reject {id}",
        "Pour l'importer quand même : pipeline approve {id}. Pour le laisser de côté : pipeline reject {id}",
    ),
    "states.not_held": (
        "file {id} does not wait for your agreement. `pipeline files --state held` lists those that do.",
        "le fichier {id} n'attend pas votre accord. `pipeline files --state held` montre ceux qui attendent.",
    ),
    "states.approved": (
        "you agreed: it was imported as file {id}.",
        "vous avez accepté : importé comme fichier {id}.",
    ),
    "states.rejected_by": (
        "{who} decided to leave it out. Correct the file and drop it again.",
        "{who} a décidé de le laisser de côté. Corrigez le fichier et redéposez-le.",
    ),
    "states.taker_chosen": ("job {job}, as you said.", "l'import {job}, comme demandé."),
    "states.taker_mapping": (
        "the mapping {mapping}, as you said; no job is asked.",
        "le modèle d'import {mapping}, comme demandé ; aucun import n'est consulté.",
    ),
    "states.taker_inbox": (
        "job {job} takes {name}: it lies in its inbox, and the name fits {patterns}.",
        "l'import {job} prend {name} : il est dans son dossier d'arrivée, et le nom correspond à {patterns}.",
    ),
    "states.taker_name": (
        "job {job} would take {name}: it is the only one for this name ({patterns}).",
        "l'import {job} prendrait {name} : il est le seul pour ce nom ({patterns}).",
    ),
    "states.taker_none": (
        "no job takes a file named {name}. Say how to read it: --job JOB or --mapping NAME.",
        "aucun import ne prend un fichier nommé {name}. Dites comment le lire : --job IMPORT ou --mapping NOM.",
    ),
    "states.taker_several": (
        "several jobs take a file named {name} ({jobs}). Say which one: --job JOB.",
        "plusieurs imports prennent un fichier nommé {name} ({jobs}). Dites lequel : --job IMPORT.",
    ),
    "states.loading": ("{name} is being imported.", "{name} est en cours d'import."),
    "states.loading_remedy": ("Ask again in a moment.", "Redemandez dans un instant."),
    "states.left": (
        "{name} was taken and not finished, and no service runs. Nothing is lost.",
        "{name} a été pris sans être fini, et aucun service ne tourne. Rien n'est perdu.",
    ),
    "states.orphan": (
        "{name} was taken for job {job}, which is no longer in config.toml. Nothing is lost.",
        "{name} a été pris pour l'import {job}, qui n'est plus dans config.toml. Rien n'est perdu.",
    ),
    "states.orphan_remedy": (
        "`pipeline run` puts it back into its inbox; or give job {job} back to config.toml.",
        "`pipeline run` le remet dans son dossier d'arrivée ; ou remettez l'import {job} dans config.toml.",
    ),
    # the database knows it ----------------------------------------------------------------------------------
    "states.imported": (
        "{name} was imported on {when} (file {id}): {rows} rows read = {inserted} new + {updated} changed + "
        "{unchanged} unchanged + {refused} refused + {repeats} replaced by a later row of the file. It lies in {place}.",
        "{name} a été importé le {when} (fichier {id}) : {rows} lignes lues = {inserted} nouvelles + {updated} "
        "modifiées + {unchanged} inchangées + {refused} refusées + {repeats} remplacées par une ligne suivante du "
        "fichier. Il est dans {place}.",
    ),
    "states.imported_unmoved": (
        "{name} was imported on {when} (file {id}): {rows} rows read = {inserted} new + {updated} changed + "
        "{unchanged} unchanged + {refused} refused + {repeats} replaced by a later row of the file. It is still to be "
        "moved to its place; that is done by itself.",
        "{name} a été importé le {when} (fichier {id}) : {rows} lignes lues = {inserted} nouvelles + {updated} "
        "modifiées + {unchanged} inchangées + {refused} refusées + {repeats} remplacées par une ligne suivante du "
        "fichier. Il reste à le ranger ; cela se fait tout seul.",
    ),
    "states.rows_wait": (
        "{rows} rows of it wait for a document that a later file brings; they go in by themselves with that file.",
        "{rows} lignes attendent une pièce qu'un fichier ultérieur apportera ; elles entreront d'elles-mêmes avec lui.",
    ),
    "states.imported_also": (
        "{deleted} rows were deleted; {stale} of the file's were older than what was there and were left; {absent} were to"
        " change or delete a record that is not there.",
        "{deleted} lignes ont été supprimées ; {stale} du fichier étaient plus anciennes que la base et ont été laissées ;"
        " {absent} devaient modifier ou supprimer une fiche introuvable.",
    ),
    "states.original_stays": (
        "{name} stays in {folder}: its job only copies. It is imported again when it changes.",
        "{name} reste dans {folder} : son import ne fait que copier. Il sera importé de nouveau s'il change.",
    ),
    "states.refused_remedy": (
        "See the lines to correct: pipeline show {id}",
        "Voyez les lignes à corriger : pipeline show {id}",
    ),
    "states.duplicate": (
        "{name} has the content that was imported last: nothing was loaded.",
        "{name} a le contenu importé en dernier : rien n'a été chargé.",
    ),
    "states.duplicate_remedy": (
        "To apply that content once more: pipeline replay {id}",
        "Pour appliquer ce contenu encore une fois : pipeline replay {id}",
    ),
    "states.undone": ("{name} was taken back.", "{name} a été annulé."),
    "states.failed": ("{name} could not be imported.", "{name} n'a pas pu être importé."),
    "states.failed_remedy": (
        "The file is kept as {place}; correct it and drop it again.",
        "Le fichier est gardé sous {place} ; corrigez-le et déposez-le de nouveau.",
    ),
    "states.job_gone": (
        "its job {job} is no longer in config.toml.",
        "son import {job} n'est plus dans config.toml.",
    ),
    # what it changed ----------------------------------------------------------------------------------------
    "states.too_big_to_compare": (
        "Its lines were not compared: over {megabytes} MB. It has {rows} rows, the earlier file had {before}.",
        "Ses lignes n'ont pas été comparées : plus de {megabytes} Mo. Il a {rows} lignes, le précédent en avait {before}.",
    ),
    "states.archive_gone": (
        "Its lines cannot be compared: {place} is no longer in its place. Put it back from a backup to see them.",
        "Ses lignes ne peuvent être comparées : {place} n'est plus à sa place. Remettez-le depuis une sauvegarde.",
    ),
}
