"""Sentences of the room `cli`."""

TEXTS: dict[str, tuple[str, str]] = {
    "cli.no_such_file": (
        "There is no file or folder {path}. Check the name.",
        "Il n'y a pas de fichier ni de dossier {path}. Vérifiez le nom.",
    ),
    "cli.read_done": (
        "{file}: {rows_read} rows read, of them {rows_repaired} mended and {rows_refused} refused; {aside} lines set aside.",
        "{file} : {rows_read} lignes lues, dont {rows_repaired} réparées et {rows_refused} refusées ; {aside} mises de côté.",
    ),
    "cli.progress": (
        "{percent} %, {mb} MB, {rows} rows, {left} s left",
        "{percent} %, {mb} Mo, {rows} lignes, encore {left} s",
    ),
    "cli.inspect.format": ("format", "format"),
    "cli.inspect.encoding": ("encoding", "encodage"),
    "cli.inspect.delimiter": ("delimiter", "séparateur"),
    "cli.inspect.quote": ("quote", "guillemet"),
    "cli.inspect.escape": ("escape", "échappement"),
    "cli.inspect.line_end": ("line end", "fin de ligne"),
    "cli.inspect.header_row": ("header in line", "en-tête en ligne"),
    "cli.inspect.rows": ("rows", "lignes"),
    "cli.inspect.refused": ("refused", "refusées"),
    "cli.inspect.repaired": ("mended", "réparées"),
    "cli.inspect.set_aside": ("set aside", "mises de côté"),
    "cli.inspect.sure": ("sure", "certitude"),
    "cli.inspect.column": ("column", "colonne"),
    "cli.inspect.type": ("type", "type"),
    "cli.inspect.nulls": ("blank", "vides"),
    "cli.inspect.distinct": ("different", "différentes"),
    "cli.inspect.examples": ("examples", "exemples"),
    "cli.bug": (
        "Pipeline met an error it did not expect: {error}. The details are in {place}; please report them.",
        "Pipeline a rencontré une erreur imprévue : {error}. Les détails sont dans {place} ; merci de les signaler.",
    ),
    "cli.no_job": (
        "There is no job {job} in the config; it has: {known}.",
        "Il n'y a pas d'import {job} dans la configuration ; elle contient : {known}.",
    ),
    "cli.no_job_near": (
        "There is no job {job} in the config. Did you mean {near}?",
        "Il n'y a pas d'import {job} dans la configuration. Vouliez-vous dire {near} ?",
    ),
    "cli.no_state": (
        "There is no state {state}; there are: {known}.",
        "L'état {state} n'existe pas ; il y a : {known}.",
    ),
    "cli.no_file": (
        "There is no file with the number {id}; `pipeline files` shows the numbers.",
        "Il n'y a pas de fichier numéro {id} ; `pipeline files` montre les numéros.",
    ),
    "cli.exists": (
        "{folder} already has a config.toml; nothing was changed. Choose another folder.",
        "{folder} contient déjà un config.toml ; rien n'a été changé. Choisissez un autre dossier.",
    ),
    "cli.unwritable": (
        "{folder} cannot be written ({why}). Check its permissions and the free space.",
        "Impossible d'écrire dans {folder} ({why}). Vérifiez ses droits et la place libre.",
    ),
    "cli.made": (
        "{folder} is ready. Drop files into its inbox folders, then there: pipeline run",
        "{folder} est prêt. Déposez des fichiers dans ses dossiers inbox, puis là : pipeline run",
    ),
    "cli.paused": (
        "{job} is {paused}. What is being imported is finished; nothing else is taken. Go on: pipeline resume {job}",
        "{job} est {paused}. Ce qui est en cours est terminé ; rien d'autre n'est pris. Reprise : pipeline resume {job}",
    ),
    "cli.left_paused": (
        "{job} is {paused}: its files were left. Go on: pipeline resume {job}; once in spite of it: "
        "pipeline once {job} --now",
        "{job} est {paused} : ses fichiers ont été laissés. Reprise : pipeline resume {job} ; une fois malgré tout : "
        "pipeline once {job} --now",
    ),
    "cli.paused_by": ("paused by {who} {until}{why}", "en pause par {who} {until}{why}"),
    "cli.until": ("until {at}", "jusqu'au {at}"),
    "cli.until_resumed": ("until it is resumed", "jusqu'à nouvel ordre"),
    "cli.because": (' ("{why}")', " (« {why} »)"),
    "cli.resumed": (
        "{job} goes on: what waits is imported, and what it missed runs once.",
        "{job} reprend : ce qui attend est importé, et ce qui a été manqué est fait une fois.",
    ),
    "cli.not_paused": ("{job} was not paused.", "{job} n'était pas en pause."),
    "cli.no_moment": (
        "{text} is no moment to pause until. Write 18h00, 2026-12-01, 2026-12-01 08h00, 2h, 30min or 3d.",
        "{text} n'est pas un moment de fin de pause. Écrivez 18h00, 2026-12-01, 2026-12-01 08h00, 2h, 30min ou 3j.",
    ),
    "cli.past_moment": (
        "{text} has passed already: it is {now}.",
        "{text} est déjà passé : il est {now}.",
    ),
    "cli.replay_no_job": (
        "File {id} was imported by {job}, which is no longer in the config. Put the job back into config.toml, or "
        "drop the file into the inbox of another.",
        "Le fichier {id} a été importé par {job}, qui n'est plus dans la configuration. Remettez-le dans config.toml, "
        "ou déposez le fichier dans le dossier d'arrivée d'un autre.",
    ),
    "cli.replay_gone": (
        "File {id} ({name}) cannot be imported again: {place} is gone. Put it back there, or drop it into the inbox.",
        "Le fichier {id} ({name}) ne peut pas être réimporté : {place} a disparu. Remettez-le là, ou déposez-le dans "
        "le dossier d'arrivée.",
    ),
    "cli.replay_changed": (
        "File {id} ({name}) cannot be imported again: {place} is not what was imported then. Drop it into the inbox "
        "if it is to be imported as it is now.",
        "Le fichier {id} ({name}) ne peut pas être réimporté : {place} n'est plus ce qui avait été importé. "
        "Déposez-le dans le dossier d'arrivée s'il faut l'importer tel qu'il est.",
    ),
    "cli.tried": (
        "{name} would be imported: {rows_read} rows read = {inserted} new + {updated} changed + {unchanged} unchanged "
        "+ {refused} refused + {repeats} replaced by a later row of the file; {deleted} rows deleted. Nothing was written.",
        "{name} serait importé : {rows_read} lignes lues = {inserted} nouvelles + {updated} modifiées + {unchanged} "
        "inchangées + {refused} refusées + {repeats} remplacées par une ligne suivante du fichier ; {deleted} lignes "
        "supprimées. Rien n'a été écrit.",
    ),
    "cli.try_not": ("{name} would not be imported: {why}", "{name} ne serait pas importé : {why}"),
    "cli.try_column": (
        "{table}.{column}: changed in {rows} rows",
        "{table}.{column} : modifié dans {rows} lignes",
    ),
    "cli.held": (
        "{name} is not in the database yet: {why} To import it all the same: pipeline approve {id}. To leave it out: "
        "pipeline reject {id}",
        "{name} n'est pas encore dans la base : {why} Pour l'importer quand même : pipeline approve {id}. Pour le "
        "laisser de côté : pipeline reject {id}",
    ),
    "cli.approved": (
        "File {id} is in the database, as file {new}.",
        "Le fichier {id} est dans la base, fichier {new}.",
    ),
    "cli.rejected": (
        "File {id} stays out of the database; it is kept as {place}.",
        "Le fichier {id} reste hors de la base ; il est gardé sous {place}.",
    ),
    "cli.undo_plan": (
        "Undoing file {id} ({name}, job {job}) would remove {deleted} rows, bring {restored} back, set {updated} "
        "back to what they were, and leave {left} as they are.",
        "Annuler le fichier {id} ({name}, import {job}) retirerait {deleted} lignes, en rétablirait {restored}, "
        "en remettrait {updated} à leur état d'avant et en laisserait {left} telles quelles.",
    ),
    "cli.undone": (
        "File {id} is undone (entry {entry}): {deleted} rows removed, {restored} brought back, {updated} set back, "
        "{left} left as they are. To bring it back: pipeline undo {entry}",
        "Le fichier {id} est annulé (entrée {entry}) : {deleted} lignes retirées, {restored} rétablies, {updated} "
        "remises comme avant, {left} laissées telles quelles. Pour revenir en arrière : pipeline undo {entry}",
    ),
    "cli.undo_ask": ("Do it?", "Le faire ?"),
    "cli.undo_not": ("Nothing was changed.", "Rien n'a été changé."),
    "cli.undo_yes": (
        "nobody is here to be asked: say --yes to do it, or --dry-run to only look.",
        "personne n'est là pour répondre : ajoutez --yes pour le faire, ou --dry-run pour seulement voir.",
    ),
    "cli.undo_more": ("… and {count} more.", "… et {count} de plus."),
    "cli.replayed": (
        "File {id} was imported again, as file {new}.",
        "Le fichier {id} a été réimporté, n° {new}.",
    ),
    "cli.check_ok": (
        "{config} and its mappings are right.",
        "{config} et ses modèles d'import sont corrects.",
    ),
    "cli.is_on": ("The automatic function is on.", "La fonction automatique est active."),
    "cli.is_off": (
        "The automatic function is off: nothing is imported. Switch it on: pipeline on",
        "La fonction automatique est désactivée : rien n'est importé. Activez-la : pipeline on",
    ),
    "cli.running": (
        "The service runs with {config}; Ctrl-C stops it.",
        "Le service tourne avec {config} ; Ctrl-C l'arrête.",
    ),
    "cli.service_runs": ("The service runs (process {pid}).", "Le service tourne (processus {pid})."),
    "cli.no_service": (
        "No service runs. Start it: pipeline run",
        "Aucun service ne tourne. Lancez-le : pipeline run",
    ),
    "cli.goes_on": (
        "The service (process {pid}) goes on with the last good config; correct the mistakes and it takes up the new one.",
        "Le service (processus {pid}) garde la dernière bonne configuration ; corrigez les erreurs et il prendra la nouvelle.",
    ),
    "cli.since": ("(since {at})", "(depuis {at})"),
    "cli.resume": ("End the pause: pipeline resume {job}", "Finir la pause : pipeline resume {job}"),
    "cli.is_paused": ("paused", "en pause"),
    "cli.database": ("database", "base de données"),
    "cli.besides": ("Besides:", "De plus :"),
    "cli.same_name": ("The same name elsewhere, or before:", "Le même nom ailleurs, ou avant :"),
    "cli.against": (
        "Against {name} of {when} (file {id}):",
        "Par rapport à {name} du {when} (fichier {id}) :",
    ),
    "cli.changes": (
        "{new} lines new, {gone} gone, {same} the same.",
        "{new} lignes nouvelles, {gone} disparues, {same} identiques.",
    ),
    "cli.stopped": ("The service has stopped.", "Le service est arrêté."),
    "cli.nothing": ("Nothing to import.", "Rien à importer."),
    "cli.at_once": ("at once", "tout de suite"),
    "cli.always": ("as files come", "dès qu'un fichier arrive"),
    "cli.every": ("every {interval}", "toutes les {interval}"),
    "cli.daily": ("daily at {hours}", "chaque jour à {hours}"),
    "cli.read_as": (
        "{encoding}, columns separated by {delimiter}",
        "{encoding}, colonnes séparées par {delimiter}",
    ),
    "cli.demo_title": (
        "Pipeline on sample files, in {folder}",
        "Pipeline sur des fichiers d'exemple, dans {folder}",
    ),
    "cli.demo_read": (
        "A shop's orders and a till's tickets were dropped into their folders",
        "Les commandes d'une boutique et les tickets d'une caisse sont déposés dans leurs dossiers",
    ),
    "cli.demo_refused": (
        "refused: {file}, line {line}, column {column}: {value}",
        "refusée : {file}, ligne {line}, colonne {column} : {value}",
    ),
    "cli.demo_others": (
        "The file's other lines were imported; this one waits in failed/web-sales to be corrected.",
        "Les autres lignes sont importées ; celle-ci attend dans failed/web-sales d'être corrigée.",
    ),
    "cli.demo_rows": ("in the database:", "dans la base :"),
    "cli.demo_equal": ("The day's total is the till's own", "Le total du jour est celui de la caisse"),
    "cli.demo_theirs": ("the till's file", "fichier de la caisse"),
    "cli.demo_ours": ("the database", "base de données"),
    "cli.demo_same": ("equal, to the cent", "égaux, au centime près"),
    "cli.demo_other": (
        "They differ. Other tickets of that day are in this folder's database; try a new folder: pipeline demo other",
        "Ils diffèrent. La base de ce dossier a d'autres tickets de ce jour ; essayez ailleurs : pipeline demo autre",
    ),
    "cli.demo_again": (
        "The same file of tickets is dropped again",
        "Le même fichier de tickets est déposé une seconde fois",
    ),
    "cli.demo_known": (
        "recognised, nothing loaded: {before} tickets before, {after} after",
        "reconnu, rien n'est chargé : {before} tickets avant, {after} après",
    ),
    "cli.demo_unknown": (
        "It was not recognised: {before} tickets before, {after} after. Please report this.",
        "Il n'a pas été reconnu : {before} tickets avant, {after} après. Merci de le signaler.",
    ),
    "cli.demo_kill": (
        "A file of {tickets} tickets, its worker killed in the middle",
        "Un fichier de {tickets} tickets, son processus tué en plein import",
    ),
    "cli.demo_before": ("tickets before", "tickets avant"),
    "cli.demo_killed": ("killed ({signal})", "tué ({signal})"),
    "cli.demo_after": ("afterwards", "ensuite"),
    "cli.demo_undone": (
        "all rows of the file were written, none was kept",
        "toutes les lignes écrites, aucune gardée",
    ),
    "cli.demo_itself": ("taken up again by itself", "repris tout seul"),
    "cli.demo_whole": (
        "nothing lost, nothing twice: {read} read = {new} new + {same} unchanged, already there",
        "rien de perdu, rien en double : {read} lus = {new} nouveaux + {same} inchangés, déjà là",
    ),
    "cli.demo_broken": (
        "This is not as it should be: see pipeline files. Please report it.",
        "Ce n'est pas ce qui est attendu : voir pipeline files. Merci de le signaler.",
    ),
    "cli.demo_cut": (
        "The demo ends here: a file was not imported. See what became of it: cd {folder} && pipeline files",
        "La démonstration s'arrête : un fichier n'a pas été importé. Voir lequel : cd {folder} && pipeline files",
    ),
    "cli.demo_turn": (
        "Your turn: a file dropped here is imported at once",
        "À vous : un fichier déposé ici est importé aussitôt",
    ),
    "cli.demo_sample": ("One to try, from another terminal:", "Un exemple, depuis un autre terminal :"),
    "cli.demo_nightly": (
        "At night: tickets in {inbox} are imported at their hour, next on {at}.",
        "La nuit : les tickets dans {inbox} sont importés à leur heure, le {at}.",
    ),
    "cli.demo_why": (
        "To see more: pipeline files, pipeline status, pipeline why FILE",
        "Pour en voir plus : pipeline files, pipeline status, pipeline why FICHIER",
    ),
    "cli.demo_stays": (
        "\nThe service runs and says here what becomes of your files; Ctrl-C stops it.",
        "\nLe service tourne et dit ici ce que deviennent vos fichiers ; Ctrl-C l'arrête.",
    ),
    "cli.demo_next": (
        "\nThe service does not run now. Start it: cd {folder} && pipeline run",
        "\nLe service ne tourne pas. Pour le lancer : cd {folder} && pipeline run",
    ),
    "cli.demo_imported": ("imported: {counts}", "importé : {counts}"),
    "cli.try_left": (
        "{stale} rows are older than what the database has and would be left; {absent} would find no record to change or"
        " delete.",
        "{stale} lignes sont plus anciennes que la base et seraient laissées ; {absent} ne trouveraient aucune fiche à"
        " modifier ou à supprimer.",
    ),
    "cli.demo_more": ("and {count} more: pipeline show {id}", "et {count} de plus : pipeline show {id}"),
    "cli.demo_head.read": ("read", "lues"),
    "cli.demo_head.new": ("new", "nouvelles"),
    "cli.demo_head.changed": ("changed", "modifiées"),
    "cli.demo_head.same": ("unchanged", "inchangées"),
    "cli.demo_head.refused": ("refused", "refusées"),
    "cli.demo_head.tickets": ("tickets", "tickets"),
    "cli.demo_head.net": ("excl. tax", "HT"),
    "cli.demo_head.tax": ("tax", "TVA"),
    "cli.demo_head.gross": ("incl. tax", "TTC"),
    "cli.head.id": ("no.", "n°"),
    "cli.head.job": ("job", "import"),
    "cli.head.name": ("file", "fichier"),
    "cli.head.state": ("state", "état"),
    "cli.head.rows": ("rows", "lignes"),
    "cli.head.new": ("new", "nouvelles"),
    "cli.head.changed": ("changed", "modifiées"),
    "cli.head.same": ("unchanged", "inchangées"),
    "cli.head.refused": ("refused", "refusées"),
    "cli.head.repeats": ("replaced", "remplacées"),
    "cli.head.deleted": ("deleted", "supprimées"),
    "cli.head.stale": ("older, left", "plus anciennes, laissées"),
    "cli.head.absent": ("not found", "introuvables"),
    "cli.head.when": ("when", "quand"),
    "cli.head.reason": ("reason", "raison"),
    "cli.head.schedule": ("when it runs", "quand"),
    "cli.head.next": ("next", "prochaine fois"),
    "cli.head.waiting": ("waiting", "en attente"),
    "cli.head.failed": ("failed", "en échec"),
    "cli.head.last": ("last file", "dernier fichier"),
    "cli.head.became": ("rows, or reason", "lignes, ou raison"),
    "cli.head.came": ("came", "arrivé"),
    "cli.head.place": ("kept as", "gardé sous"),
    "cli.head.read": ("read as", "lu comme"),
    "cli.head.replay_of": ("repeats file", "refait le fichier"),
    "cli.head.undo_of": ("takes back file", "annule le fichier"),
    "cli.head.correction_of": ("corrects file", "corrige le fichier"),
    "cli.head.mapping": ("mapping", "modèle"),
    "cli.head.table": ("table", "table"),
    "cli.head.removed": ("removed", "retirées"),
    "cli.head.restored": ("brought back", "rétablies"),
    "cli.head.set_back": ("set back", "remises comme avant"),
    "cli.head.row": ("row", "ligne"),
    "cli.head.before": ("before", "avant"),
    "cli.head.after": ("after", "après"),
    "cli.head.line": ("line", "ligne"),
    "cli.head.column": ("column", "colonne"),
    "cli.head.value": ("value", "valeur"),
    "cli.state.seen": ("noticed", "vu"),
    "cli.state.waiting": ("waiting", "en attente"),
    "cli.state.queued": ("in its turn", "à son tour"),
    "cli.state.companion": ("companion", "compagnon"),
    "cli.state.ready": ("complete", "complet"),
    "cli.state.claimed": ("taken", "pris"),
    "cli.state.loading": ("being imported", "en cours"),
    "cli.state.committed": ("imported", "importé"),
    "cli.state.written": ("written, not there yet", "écrit, pas encore là"),
    "cli.state.exported": ("exported", "exporté"),
    "cli.when_asked": ("when asked", "à la demande"),
    "cli.state.archived": ("imported", "importé"),
    "cli.state.duplicate": ("already imported", "déjà importé"),
    "cli.state.failed": ("failed", "en échec"),
    "cli.state.rejected": ("not taken", "pas pris"),
    "cli.state.undone": ("undone", "annulé"),
    "cli.state.undo": ("undo", "annulation"),
    "cli.state.approved": ("approved", "approuvé"),
    "cli.state.held": ("your agreement is asked", "votre accord est demandé"),
}
