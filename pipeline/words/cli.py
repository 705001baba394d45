"""Sentences of the room `cli`."""

TEXTS: dict[str, tuple[str, str]] = {
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
    "cli.stopped": ("The service has stopped.", "Le service est arrêté."),
    "cli.nothing": ("Nothing to import.", "Rien à importer."),
    "cli.at_once": ("at once", "tout de suite"),
    "cli.always": ("as files come", "dès qu'un fichier arrive"),
    "cli.every": ("every {interval}", "toutes les {interval}"),
    "cli.daily": ("daily at {hours}", "chaque jour à {hours}"),
    "cli.lies_in": ("The file lies in {place}.", "Le fichier est dans {place}."),
    "cli.read_as": (
        "It was read as {encoding}, columns separated by {delimiter}.",
        "Il a été lu en {encoding}, colonnes séparées par {delimiter}.",
    ),
    "cli.demo_writes": (
        "Sample files: a shop's orders and a French till's tickets, into {folder}/inbox.",
        "Fichiers d'exemple : les commandes d'une boutique et les tickets d'une caisse, dans {folder}/inbox.",
    ),
    "cli.demo_imports": ("Importing them …", "Import en cours …"),
    "cli.demo_refused": (
        "Refused, {file} line {line}, column {column}, value {value}:",
        "Refusé, {file} ligne {line}, colonne {column}, valeur {value} :",
    ),
    "cli.demo_others": (
        "The other lines of the file were imported.",
        "Les autres lignes du fichier ont été importées.",
    ),
    "cli.demo_next": (
        "What to try next: cd {folder}; pipeline status; pipeline files; pipeline run, and drop a file of your own "
        "into inbox/web-sales. The refused line stands in failed/web-sales, ready to be corrected.",
        "À essayer ensuite : cd {folder} ; pipeline status ; pipeline files ; pipeline run, et déposez un fichier "
        "dans inbox/web-sales. La ligne refusée est dans failed/web-sales, prête à être corrigée.",
    ),
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
    "cli.head.when": ("when", "quand"),
    "cli.head.reason": ("reason", "raison"),
    "cli.head.schedule": ("when it runs", "quand"),
    "cli.head.next": ("next", "prochaine fois"),
    "cli.head.waiting": ("waiting", "en attente"),
    "cli.head.failed": ("failed", "en échec"),
    "cli.head.last": ("last file", "dernier fichier"),
    "cli.head.line": ("line", "ligne"),
    "cli.head.column": ("column", "colonne"),
    "cli.head.value": ("value", "valeur"),
    "cli.state.seen": ("noticed", "vu"),
    "cli.state.waiting": ("waiting", "en attente"),
    "cli.state.ready": ("complete", "complet"),
    "cli.state.claimed": ("taken", "pris"),
    "cli.state.loading": ("being imported", "en cours"),
    "cli.state.committed": ("imported", "importé"),
    "cli.state.archived": ("imported", "importé"),
    "cli.state.duplicate": ("already imported", "déjà importé"),
    "cli.state.failed": ("failed", "en échec"),
    "cli.state.rejected": ("not a file to take", "pas un fichier à prendre"),
}
