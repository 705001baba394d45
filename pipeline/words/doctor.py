"""What `pipeline doctor` finds."""

TEXTS: dict[str, tuple[str, str]] = {
    # config, switch, service --------------------------------------------------------------------------------
    "doctor.config": (
        "The config and its mappings are right.",
        "La configuration et ses modèles d'import sont corrects.",
    ),
    "doctor.correct": ("Correct it in that file.", "Corrigez-le dans ce fichier."),
    "doctor.switched_off": (
        "The automatic function is switched off: nothing is imported.",
        "La fonction automatique est désactivée : rien n'est importé.",
    ),
    "doctor.service": ("It runs (process {pid}).", "Il tourne (processus {pid})."),
    "doctor.start": ("Start it: pipeline run", "Lancez-le : pipeline run"),
    "doctor.goes_on": (
        "It goes on by itself once that is mended.",
        "La suite est automatique une fois cela réparé.",
    ),
    "doctor.paused": (
        "Paused by {who} since {since} ({why}).",
        "En pause par {who} depuis le {since} ({why}).",
    ),
    "doctor.resume": ("End the pause: pipeline resume {job}", "Finir la pause : pipeline resume {job}"),
    # database -----------------------------------------------------------------------------------------------
    "doctor.sqlite": ("{where} answers (SQLite {version}).", "{where} répond (SQLite {version})."),
    "doctor.postgresql": (
        "{where} answers (PostgreSQL {version}, as {role}, our tables in {schema}).",
        "{where} répond (PostgreSQL {version}, en tant que {role}, nos tables dans {schema}).",
    ),
    "doctor.database_away": (
        "Start it, or correct `database` in config.toml.",
        "Démarrez-la, ou corrigez `database` dans config.toml.",
    ),
    "doctor.install_newer": (
        "Install that version or a later one: pip install --upgrade pipeline-ingest",
        "Installez cette version ou une suivante : pip install --upgrade pipeline-ingest",
    ),
    "doctor.right": (
        "The right {right} on {table} is missing.",
        "Le droit {right} sur {table} manque.",
    ),
    "doctor.sql": (
        "Let the database's administrator run: {sql}",
        "Faites exécuter par l'administrateur de la base : {sql}",
    ),
    "doctor.announce": ("The next import will do this: {text}.", "Le prochain import fera ceci : {text}."),
    "doctor.no_triggers": (
        "Triggers that record changes are missing: {count} ({named}).",
        "Déclencheurs qui notent les changements, manquants : {count} ({named}).",
    ),
    "doctor.no_triggers_remedy": (
        "The next import into their tables makes them again; changes until then are not recorded.",
        "Le prochain import dans leurs tables les recrée ; les changements d'ici là ne sont pas notés.",
    ),
    "doctor.sqlite_network": (
        "The SQLite file lies on a network folder, where it can be damaged.",
        "Le fichier SQLite est sur un dossier réseau, où il peut être abîmé.",
    ),
    "doctor.sqlite_move": (
        "Move it to a disc of this computer, or use PostgreSQL.",
        "Mettez-le sur un disque de cet ordinateur, ou utilisez PostgreSQL.",
    ),
    # folders ------------------------------------------------------------------------------------------------
    "doctor.no_inbox": ("The folder cannot be read ({why}).", "Le dossier ne peut pas être lu ({why})."),
    "doctor.make": (
        "Make it, connect its share, or give the service the right to read it: {folder}",
        "Créez-le, connectez son partage, ou donnez au service le droit de le lire : {folder}",
    ),
    "doctor.no_subfolder": (
        "No folder in it fits {pattern}: nothing is imported from here yet.",
        "Aucun dossier n'y correspond à {pattern} : rien n'est encore importé d'ici.",
    ),
    "doctor.subfolder": (
        "Make such a folder and drop the files there.",
        "Créez un tel dossier et déposez-y les fichiers.",
    ),
    "doctor.only_read": (
        "Read; files are only copied from it, so nothing was written there to try it.",
        "Lisible ; les fichiers en sont seulement copiés, rien n'y a donc été écrit pour l'essayer.",
    ),
    "doctor.writable": ("Read and written.", "Lisible et modifiable."),
    "doctor.case_same": (
        "Read and written; a.csv and A.CSV are one file here.",
        "Lisible et modifiable ; a.csv et A.CSV y sont un seul fichier.",
    ),
    "doctor.not_writable": (
        "No file can be made in {folder} ({why}).",
        "Impossible de créer un fichier dans {folder} ({why}).",
    ),
    "doctor.allow": (
        "Give the user that runs the service the right to write to {folder}, and room.",
        "Donnez à l'utilisateur du service le droit d'écrire dans {folder}, et de la place.",
    ),
    "doctor.allow_or_copy": (
        'Give the user that runs the service the right to write to {folder}, or set take = "copy".',
        "Donnez à l'utilisateur du service le droit d'écrire dans {folder}, ou réglez take = \"copy\".",
    ),
    "doctor.clock_ahead": (
        "The clock of the folder is {seconds} seconds ahead of this computer's.",
        "L'horloge du dossier avance de {seconds} secondes sur celle de cet ordinateur.",
    ),
    "doctor.clock_behind": (
        "The clock of the folder is {seconds} seconds behind this computer's.",
        "L'horloge du dossier retarde de {seconds} secondes sur celle de cet ordinateur.",
    ),
    "doctor.clock_remedy": (
        "Imports go on; set both clocks by the network (NTP), so that times agree.",
        "Les imports continuent ; réglez les deux horloges par le réseau (NTP).",
    ),
    "doctor.no_writers": (
        "Whether another program still writes a file cannot be told here: files are taken later, when they are still.",
        "On ne peut pas savoir ici si un programme écrit encore un fichier : il est pris plus tard, une fois stable.",
    ),
    "doctor.no_writers_remedy": (
        "Let senders write under another name and rename at the end, or send a companion (`ready`).",
        "Faites écrire sous un autre nom puis renommer à la fin, ou envoyer un compagnon (`ready`).",
    ),
    "doctor.event": (
        "The system told of a new file after {milliseconds} ms.",
        "Le système a signalé un nouveau fichier après {milliseconds} ms.",
    ),
    "doctor.no_event": (
        "The system did not tell of a new file within a second; the folder is looked at every few seconds.",
        "Le système n'a pas signalé un nouveau fichier en une seconde ; le dossier est regardé régulièrement.",
    ),
    "doctor.no_event_remedy": (
        'Nothing is missed. Set watch = "poll" for this job, so that it is looked at every two seconds.',
        'Rien n\'est manqué. Réglez watch = "poll" pour cet import : un regard toutes les deux secondes.',
    ),
    "doctor.event_failed": (
        "That new files are told of could not be tried ({why}).",
        "Le signalement des nouveaux fichiers n'a pas pu être essayé ({why}).",
    ),
    "doctor.noticed_later": (
        "Nothing is missed; files are only noticed a little later.",
        "Rien n'est manqué ; les fichiers sont seulement vus un peu plus tard.",
    ),
    "doctor.renamed": (
        "{job}: imported files are renamed into {folder} (one disc).",
        "{job} : les fichiers importés sont renommés vers {folder} (même disque).",
    ),
    "doctor.copied": (
        "{job}: imported files are copied into {folder}, then removed here (another disc).",
        "{job} : les fichiers importés sont copiés vers {folder}, puis ôtés d'ici (autre disque).",
    ),
    "doctor.no_way": (
        "{job}: its folder `{kind}`, {folder}, cannot take files ({why}).",
        "{job} : son dossier `{kind}`, {folder}, ne peut pas recevoir de fichiers ({why}).",
    ),
    "doctor.outbox": (
        "{job}: its files appear here whole, under their names.",
        "{job} : ses fichiers y apparaissent entiers, sous leur nom.",
    ),
    "doctor.outbox_absent": (
        "{job}: the folder is not there yet.",
        "{job} : le dossier n'existe pas encore.",
    ),
    "doctor.outbox_made": (
        "The first export makes it. If it should be a share, connect it first: {folder}",
        "Le premier export le crée. Si c'est un partage, connectez-le d'abord : {folder}",
    ),
    "doctor.no_outbox": (
        "{job}: its folder `{kind}`, {folder}, cannot be written to ({why}).",
        "{job} : impossible d'écrire dans son dossier `{kind}`, {folder} ({why}).",
    ),
    "doctor.outbox_rename": (
        "{job}: a file cannot be renamed here, so none can appear whole ({why}).",
        "{job} : un fichier ne peut pas y être renommé, donc aucun ne peut apparaître entier ({why}).",
    ),
    "doctor.outbox_disc": (
        "Use a folder on a disc that can rename files.",
        "Choisissez un dossier sur un disque qui sait renommer les fichiers.",
    ),
    "doctor.orphans": (
        "Files taken for job {job}, which is no longer in config.toml: {count}. Nothing is lost.",
        "Fichiers pris pour l'import {job}, qui n'est plus dans config.toml : {count}. Rien n'est perdu.",
    ),
    "doctor.left": (
        "{job}: files taken and not finished: {count}. Nothing is lost.",
        "{job} : fichiers pris sans être finis : {count}. Rien n'est perdu.",
    ),
    "doctor.kinds": (
        "Folders or links, which no job takes ({count}): {names}. They stay where they are.",
        "Dossiers ou liens, qu'aucun import ne prend ({count}) : {names}. Ils restent là.",
    ),
    "doctor.kinds_remedy": (
        'Remove them; files of sub-folders are taken with inbox = "…/*".',
        'Retirez-les ; les fichiers de sous-dossiers sont pris avec inbox = "…/*".',
    ),
    "doctor.strays": (
        "Names that no job takes here ({count}; the jobs take {patterns}): {names}.",
        "Noms qu'aucun import ne prend ici ({count} ; les imports prennent {patterns}) : {names}.",
    ),
    "doctor.strays_remedy": (
        "Rename them, move them, or change `pattern`; `pipeline why FILE` says which job would take one.",
        "Renommez-les, déplacez-les, ou changez `pattern` ; `pipeline why FICHIER` dit quel import prendrait.",
    ),
    "doctor.odd_names": (
        "Names with letters that cannot be shown as they are ({count}): {names}. They are imported all the same.",
        "Noms avec des caractères qui ne s'affichent pas tels quels ({count}) : {names}. Ils sont importés quand même.",
    ),
    "doctor.odd_names_remedy": (
        "Let the sender write names in UTF-8 without control characters.",
        "Faites écrire les noms en UTF-8, sans caractères de contrôle.",
    ),
    "doctor.long_names": (
        "Names so long that they are shortened where they are kept ({count}): {names}.",
        "Noms si longs qu'ils sont raccourcis à l'archivage ({count}) : {names}.",
    ),
    "doctor.long_names_remedy": (
        "Let the sender use names of at most 200 bytes.",
        "Faites utiliser des noms d'au plus 200 octets.",
    ),
    # discs --------------------------------------------------------------------------------------------------
    "doctor.space": ("{free} free on its disc.", "{free} libres sur son disque."),
    "doctor.space_remedy": (
        "Make room: delete what is no longer needed, or move `processed` to a bigger disc.",
        "Faites de la place : supprimez l'inutile, ou mettez `processed` sur un disque plus grand.",
    ),
    # how the screen speaks ----------------------------------------------------------------------------------
    "doctor.mark.ok": ("ok", "ok"),
    "doctor.mark.warn": ("look", "voir"),
    "doctor.mark.bad": ("BAD", "MAL"),
    "doctor.sum_ok": ("All is well.", "Tout va bien."),
    "doctor.sum": (
        "Wrong: {bad}. Worth a look: {warn}.",
        "À réparer : {bad}. À voir : {warn}.",
    ),
    "doctor.well": (
        "More folders and discs where all is well: {count}.",
        "Autres dossiers et disques où tout va bien : {count}.",
    ),
    "doctor.subject.service": ("service", "service"),
    "doctor.subject.database": ("database", "base de données"),
}
