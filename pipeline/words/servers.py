"""On servers: the unit, backups, messages to people, files that did not come, what is kept and forgotten."""

TEXTS: dict[str, tuple[str, str]] = {
    "servers.no_credential": (
        "systemd handed over no credential {name}. Install the unit with: pipeline service install --credential {name}=/path",
        "systemd n'a transmis aucun secret {name}. Installez l'unité avec : pipeline service install --credential {name}=/chemin",
    ),
    "servers.credential": (
        "--credential takes NAME=/PATH, such as database=/etc/pipeline/database, not {value}.",
        "--credential prend NOM=/CHEMIN, comme database=/etc/pipeline/database, et non {value}.",
    ),
    "servers.unit_unwritable": (
        "{path} cannot be written ({why}). Run it as root, or with --user for a service of your own; --print shows the unit.",
        "Impossible d'écrire {path} ({why}). Lancez la commande en root, ou avec --user pour un service à vous ; --print montre l'unité.",
    ),
    "servers.unit_written": ("Written: {path}", "Écrit : {path}"),
    "servers.unit_next": (
        "Start it, now and at every boot: {command} enable --now pipeline",
        "Pour le démarrer, maintenant et à chaque redémarrage : {command} enable --now pipeline",
    ),
    "servers.no_account": (
        "There is no account {account} yet: useradd --system {account}; then give it the folder: chown -R {account} {root}",
        "Le compte {account} n'existe pas encore : useradd --system {account} ; puis donnez-lui le dossier : chown -R {account} {root}",
    ),
    "servers.no_service": (
        "No service runs on this config. Start it: pipeline run",
        "Aucun service ne tourne avec cette configuration. Démarrez-le : pipeline run",
    ),
    "servers.alive": (
        "The service works; it looked around {seconds} s ago.",
        "Le service fonctionne ; son dernier tour date de {seconds} s.",
    ),
    "servers.hangs": (
        "The service runs but has not looked around for {seconds} s. See its log; then start it again.",
        "Le service tourne mais n'a plus fait de tour depuis {seconds} s. Voyez son journal, puis redémarrez-le.",
    ),
    "servers.no_backup": (
        "{folder} holds no backup of Pipeline that can be read.",
        "{folder} ne contient pas de sauvegarde de Pipeline lisible.",
    ),
    "servers.backup_damaged": (
        "The backup in {folder} is no longer as it was written. Nothing was changed. Take another one.",
        "La sauvegarde dans {folder} n'est plus telle qu'elle a été écrite. Rien n'a été changé. Prenez-en une autre.",
    ),
    "servers.backup_kind": (
        "This backup is of a {kind} database, and config.toml names another kind. Set `database` to that kind first.",
        "Cette sauvegarde vient d'une base {kind}, et config.toml en nomme une autre. Réglez d'abord `database` en conséquence.",
    ),
    "servers.backup_newer": (
        "This backup was made by a newer Pipeline ({program}). Nothing was changed. Upgrade this one first.",
        "Cette sauvegarde vient d'un Pipeline plus récent ({program}). Rien n'a été changé. Mettez d'abord celui-ci à jour.",
    ),
    "servers.backup_differs": (
        "Table {table} is not the same on both sides ({count} tables in all). Do not rely on it: see the disc, then try again.",
        "La table {table} n'est pas la même des deux côtés ({count} tables en tout). Ne vous y fiez pas : voyez le disque, puis recommencez.",
    ),
    "servers.no_tool": (
        "{tool} is not here. Install PostgreSQL's own programs of version {version} or newer: apt install postgresql-client-{version}",
        "{tool} est absent. Installez les programmes de PostgreSQL, version {version} ou plus récente : apt install postgresql-client-{version}",
    ),
    "servers.tool_version": (
        "{tool} is older than the server: {why}. Install postgresql-client-{version}.",
        "{tool} est plus ancien que le serveur : {why}. Installez postgresql-client-{version}.",
    ),
    "servers.tool_failed": (
        "{tool} (for server {version}) failed: {why}. Nothing was changed in the database.",
        "{tool} (pour le serveur {version}) a échoué : {why}. Rien n'a été changé dans la base.",
    ),
    "servers.backup_there": (
        "{folder} is there already and not empty. Name a new folder.",
        "{folder} existe déjà et n'est pas vide. Nommez un nouveau dossier.",
    ),
    "servers.backup_without_config": (
        'config.toml holds a password and was left out. Put it elsewhere ("env:NAME", "file:PATH", "cred:NAME") and it will be saved too.',
        'config.toml contient un mot de passe et n\'a pas été sauvegardé. Mettez-le ailleurs ("env:NOM", "file:CHEMIN", "cred:NOM") et il le sera.',
    ),
    "servers.backup_made": (
        "Saved in {folder}: {tables} tables, {rows} rows, each table the same on both sides.",
        "Sauvegardé dans {folder} : {tables} tables, {rows} lignes, chaque table identique des deux côtés.",
    ),
    "servers.restore_running": (
        "A service runs on this config. Stop it first: systemctl stop pipeline, or Ctrl-C.",
        "Un service tourne avec cette configuration. Arrêtez-le d'abord : systemctl stop pipeline, ou Ctrl-C.",
    ),
    "servers.restore_over": (
        "{where} holds data already. To replace it, add --yes; an SQLite database is kept beside it.",
        "{where} contient déjà des données. Pour les remplacer, ajoutez --yes ; une base SQLite est gardée à côté.",
    ),
    "servers.restore_kept": (
        "The database that was there is kept: {path}",
        "La base qui s'y trouvait est gardée : {path}",
    ),
    "servers.restored": (
        "The database is as it was on {at}: {tables} tables, {rows} rows, each table compared.",
        "La base est telle qu'elle était le {at} : {tables} tables, {rows} lignes, chaque table comparée.",
    ),
    # messages to people ------------------------------------------------------------------------------------
    "servers.address": (
        '{name} needs an address such as mailto://… or ntfys://…; best kept elsewhere: "env:NAME", "file:PATH", "cred:NAME".',
        '{name} demande une adresse comme mailto://… ou ntfys://… ; mieux vaut la garder ailleurs : "env:NOM", "file:CHEMIN", "cred:NOM".',
    ),
    "servers.hour": (
        '`{key}` is a time of day such as "08:15", not "{value}".',
        '`{key}` est une heure comme "08:15", et non "{value}".',
    ),
    "servers.span": (
        '`{key}` is a time such as "30min", "2h" or "30d", not "{value}".',
        '`{key}` est une durée comme "30min", "2h" ou "30d", et non "{value}".',
    ),
    "servers.link": (
        "`link` is how the console's address begins, https://…, not {value}.",
        "`link` est le début de l'adresse de la console, https://…, et non {value}.",
    ),
    "servers.receipts": (
        "Receipts cannot go into the inbox itself: they would be imported. Name another folder.",
        "Les accusés ne peuvent pas aller dans le dossier de réception : ils seraient importés. Nommez un autre dossier.",
    ),
    "servers.country": (
        '`holidays` is a country such as "FR", "FR-57" or "GB", not "{value}".',
        '`holidays` est un pays comme "FR", "FR-57" ou "GB", et non "{value}".',
    ),
    "servers.rows": (
        "`rows` is the fewest and the most rows of a file, as in [50, 5000], not {value}.",
        "`rows` donne le moins et le plus de lignes d'un fichier, comme [50, 5000], et non {value}.",
    ),
    "servers.late": (
        "Late on {day}: {came} of {files} files had come by {by}.",
        "En retard le {day} : {came} fichiers sur {files} étaient là à {by}.",
    ),
    "servers.missing": (
        "Missing on {day}: {came} of {files} files came; they were expected by {by}.",
        "Manquant le {day} : {came} fichiers sur {files} sont venus ; ils étaient attendus pour {by}.",
    ),
    "servers.too_small": (
        "{name} has only {rows} rows; between {least} and {most} are expected.",
        "{name} n'a que {rows} lignes ; entre {least} et {most} sont attendues.",
    ),
    "servers.too_large": (
        "{name} has {rows} rows; between {least} and {most} are expected.",
        "{name} a {rows} lignes ; entre {least} et {most} sont attendues.",
    ),
    "servers.waits": (
        "Job {job} has been waiting since {since}: {why}",
        "L'import {job} attend depuis {since} : {why}",
    ),
    "servers.waits_database": (
        "Everything has been waiting since {since}: {why}",
        "Tout attend depuis {since} : {why}",
    ),
    "servers.file": ("{name}: {why}", "{name} : {why}"),
    "servers.title.none": ("", ""),
    "servers.title.failed": (
        "Pipeline, {job}: {count} file(s) could not be imported",
        "Pipeline, {job} : {count} fichier(s) non importé(s)",
    ),
    "servers.title.held": (
        "Pipeline, {job}: your agreement is asked for {count} file(s)",
        "Pipeline, {job} : votre accord est demandé pour {count} fichier(s)",
    ),
    "servers.title.waiting": ("Pipeline: {job} waits", "Pipeline : {job} attend"),
    "servers.title.late": (
        "Pipeline, {job}: a file has not come",
        "Pipeline, {job} : un fichier n'est pas venu",
    ),
    "servers.title.unlike": (
        "Pipeline, {job}: {count} file(s) smaller or larger than usual",
        "Pipeline, {job} : {count} fichier(s) plus petits ou plus grands que d'habitude",
    ),
    "servers.title.digest": ("Pipeline: the day until {day}", "Pipeline : la journée jusqu'au {day}"),
    "servers.title.test": ("Pipeline: a test", "Pipeline : un essai"),
    "servers.test": (
        "Messages of Pipeline reach you here. Nothing is to be done.",
        "Les messages de Pipeline vous parviennent ici. Il n'y a rien à faire.",
    ),
    "servers.do.failed": (
        "  → Mend the file and drop it again, or see every line of it: pipeline show {id}",
        "  → Corrigez le fichier et redéposez-le, ou voyez chacune de ses lignes : pipeline show {id}",
    ),
    "servers.do.held": (
        "  → To import it: pipeline approve {id}. To leave it out: pipeline reject {id}",
        "  → Pour l'importer : pipeline approve {id}. Pour l'écarter : pipeline reject {id}",
    ),
    "servers.do.link": ("  → {link}", "  → {link}"),
    "servers.do.waiting": (
        "→ Nothing is lost: it goes on by itself as soon as it can. To see what is wrong: pipeline doctor",
        "→ Rien n'est perdu : tout reprend dès que possible. Pour voir ce qui ne va pas : pipeline doctor",
    ),
    "servers.do.late": (
        "→ Ask the sender for the file; or drop it into the inbox of {job} yourself.",
        "→ Demandez le fichier à l'expéditeur ; ou déposez-le vous-même dans le dossier de {job}.",
    ),
    "servers.do.unlike": (
        "→ It was imported all the same. If it is wrong, take it back: pipeline files --job {job}, then pipeline undo NUMBER",
        "→ L'import a eu lieu tout de même. S'il est faux, reprenez-le : pipeline files --job {job}, puis pipeline undo NUMÉRO",
    ),
    "servers.and_more": (
        "… and {count} more: pipeline files --job {job}",
        "… et {count} de plus : pipeline files --job {job}",
    ),
    "servers.over.failed": (
        "Pipeline, {job}: {count} file(s) imported after all",
        "Pipeline, {job} : {count} fichier(s) finalement importé(s)",
    ),
    "servers.over.held": (
        "Pipeline, {job}: {count} question(s) answered",
        "Pipeline, {job} : {count} question(s) résolue(s)",
    ),
    "servers.over.waiting": ("Pipeline: {job} goes on", "Pipeline : {job} a repris"),
    "servers.over.late": ("Pipeline, {job}: the file has come", "Pipeline, {job} : le fichier est venu"),
    "servers.ended.failed": ("{name} is in the database now.", "{name} est maintenant dans la base."),
    "servers.ended.approved": (
        "{name}: somebody agreed, it is imported.",
        "{name} : accord donné, il est importé.",
    ),
    "servers.ended.rejected": ("{name}: it was left out.", "{name} : il a été écarté."),
    "servers.ended.waiting": ("What it waited for is back.", "Ce qui manquait est revenu."),
    "servers.ended.late": (
        "Files come again; {day} had been late.",
        "Les fichiers arrivent de nouveau ; le {day} était en retard.",
    ),
    "servers.ended.unlike": ("Told once.", "Dit une fois."),
    "servers.ended.past": (
        "Nothing is expected for {day} any more.",
        "Plus rien n'est attendu pour le {day}.",
    ),
    "servers.day_job": (
        "{job}: {files} files, {rows} rows, {refused} rows refused, {failed} files not imported, {held} waiting for your agreement",
        "{job} : {files} fichiers, {rows} lignes, {refused} lignes refusées, {failed} fichiers non importés, {held} en attente de votre accord",
    ),
    "servers.day_nothing": ("Nothing came.", "Rien n'est venu."),
    "servers.day_open": ("Still open: {said}", "Toujours en cours : {said}"),
    "servers.no_apprise": (
        "Messages need apprise: pip install 'pipeline-ingest[notify]'",
        "Les messages demandent apprise : pip install 'pipeline-ingest[notify]'",
    ),
    "servers.unsent": (
        "The message to {name} could not be sent; it is tried again later.",
        "Le message à {name} n'a pas pu être envoyé ; nouvel essai plus tard.",
    ),
    "servers.not_sent": (
        "The message to {name} could not be sent. Check its address in [notify.to], and that the network is there.",
        "Le message à {name} n'a pas pu être envoyé. Vérifiez son adresse dans [notify.to], et le réseau.",
    ),
    "servers.sent": ("Sent to {name}.", "Envoyé à {name}."),
    "servers.nobody": (
        "There is nobody to tell: config.toml has no [notify.to].",
        "Personne à prévenir : config.toml n'a pas de [notify.to].",
    ),
    "servers.receipt_ok": (
        "{name}: received. Number {id}. {rows} rows read: {inserted} new, {updated} changed, {unchanged} the same, {refused} refused.",
        "{name} : reçu. Numéro {id}. {rows} lignes lues : {inserted} nouvelles, {updated} changées, {unchanged} identiques, {refused} refusées.",
    ),
    "servers.receipt_same": ("{name}: received, number {id}. {why}", "{name} : reçu, numéro {id}. {why}"),
    "servers.receipt_ko": ("{name}: NOT imported. {why}", "{name} : NON importé. {why}"),
    "servers.receipt_line": ("line {line}, column {column}: {why}", "ligne {line}, colonne {column} : {why}"),
    "servers.learnt": (
        "From {files} files on {days} days of the last eight weeks. To take it, add to config.toml:",
        "D'après {files} fichiers sur {days} jours des huit dernières semaines. Pour l'adopter, ajoutez à config.toml :",
    ),
    "servers.not_learnt": (
        "{job}: its history says too little; files on five days at least, at the same weekdays, are needed.",
        "{job} : son historique en dit trop peu ; il faut des fichiers sur cinq jours au moins, aux mêmes jours de la semaine.",
    ),
    "servers.days": (
        '`{key}` is a time such as "90 days", "6 months" or "10 years", not "{value}".',
        '`{key}` est une durée comme "90 jours", "6 mois" ou "10 ans", et non "{value}".',
    ),
    "servers.kept": (
        "Packed: {packed} files. Removed: {removed} files, {changes} remembered changes.",
        "Compressés : {packed} fichiers. Supprimés : {removed} fichiers, {changes} changements retenus.",
    ),
    "servers.keep_all": (
        "Everything is kept: config.toml has no [keep] and no [imports.NAME.keep].",
        "Tout est conservé : config.toml n'a ni [keep] ni [imports.NOM.keep].",
    ),
}
