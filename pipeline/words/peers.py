"""Sentences of the commands of synchronisation, its config, and its way over the network."""

TEXTS: dict[str, tuple[str, str]] = {
    # config
    "peers.same_name": (
        "There is an import or export named {name} already. Give the synchronisation another name.",
        "Un import ou un export s'appelle déjà {name}. Donnez un autre nom à la synchronisation.",
    ),
    "peers.no_station": (
        'This database needs a name among the others. Add [station] with name = "…", another one at each site.',
        'Cette base a besoin d\'un nom parmi les autres. Ajoutez [station] avec name = "…", différent sur chaque site.',
    ),
    "peers.own_name": (
        "{name} is the name of this database itself ([station]). Name the section after the other side.",
        "{name} est le nom de cette base elle-même ([station]). Donnez à la section le nom de l'autre côté.",
    ),
    "peers.other_tables": (
        "All synchronisations of a database share the same tables. Name them once, under [station].",
        "Toutes les synchronisations d'une base partagent les mêmes tables. Nommez-les une fois, sous [station].",
    ),
    "peers.not_shared": (
        "{table} is not among the tables that are shared. Add it to tables, or leave it out here.",
        "{table} n'est pas parmi les tables partagées. Ajoutez-la à tables ou retirez-la d'ici.",
    ),
    "peers.bad_remote": (
        "remote is the address of another Pipeline (https://office.example:8443) or of a database (postgresql://…, sqlite:///…).",
        "remote est l'adresse d'un autre Pipeline (https://bureau.exemple:8443) ou d'une base (postgresql://…, sqlite:///…).",
    ),
    "peers.plain": (
        "http:// would send the token and every row in the clear. Use https://; http:// only reaches this machine.",
        "http:// enverrait le jeton et chaque ligne en clair. Utilisez https:// ; http:// n'atteint que cette machine.",
    ),
    "peers.token_missing": (
        'The other Pipeline asks for a token: make one there with `pipeline token create NAME --scope sync`, keep it in a file, and add token = "file:…".',
        'L\'autre Pipeline demande un jeton : créez-le là-bas avec `pipeline token create NOM --scope sync`, gardez-le dans un fichier, et ajoutez token = "file:…".',
    ),
    "peers.plain_token": (
        'The token itself does not belong here. Keep it in a file and write token = "file:…", or "env:…".',
        'Le jeton lui-même n\'a pas sa place ici. Gardez-le dans un fichier et écrivez token = "file:…" ou "env:…".',
    ),
    "peers.no_token_needed": (
        "A database address holds its own password: leave token out.",
        "L'adresse d'une base contient son mot de passe : retirez token.",
    ),
    "peers.open_secret": (
        "{place} can be read by others on this machine. Run: chmod 600 {place}",
        "{place} peut être lu par d'autres sur cette machine. Lancez : chmod 600 {place}",
    ),
    "peers.no_file": (
        "{place} cannot be read. Put the file there, or correct its name.",
        "{place} ne peut être lu. Placez-y le fichier ou corrigez son nom.",
    ),
    "peers.no_secret": (
        "{path} holds no token. Put it there, on one line.",
        "{path} ne contient pas de jeton. Mettez-le, sur une ligne.",
    ),
    "peers.bad_pin": (
        "pin is the SHA-256 of the other side's certificate: 64 hex digits",
        "pin est le SHA-256 du certificat de l'autre côté : 64 chiffres hexadécimaux",
    ),
    "peers.no_job": (
        "There is no synchronisation {job} in the config. Known: {known}",
        "Aucune synchronisation {job} dans la configuration. Connues : {known}",
    ),
    # the way there
    "peers.nameless": (
        'the database there has no name among the others: add [station] with name = "…" to its config',
        'la base là-bas n\'a pas de nom parmi les autres : ajoutez [station] avec name = "…" à sa configuration',
    ),
    "peers.away": (
        "{url} is not reached ({why}). It is tried again by itself.",
        "{url} n'est pas joignable ({why}). Une nouvelle tentative suivra.",
    ),
    "peers.silent": (
        "{url} does not answer in time. It is tried again by itself.",
        "{url} ne répond pas à temps. Une nouvelle tentative suivra.",
    ),
    "peers.certificate": (
        "the certificate of {url} is not trusted ({why}). Check that it is the right machine; then name who signed it with ca, or the certificate itself with pin.",
        "le certificat de {url} n'est pas reconnu ({why}). Vérifiez que c'est la bonne machine ; puis indiquez qui l'a signé avec ca, ou le certificat lui-même avec pin.",
    ),
    "peers.other_certificate": (
        "{url} shows another certificate than the one in pin: {found}. If it was renewed there, write that one; else somebody may stand in between.",
        "{url} montre un autre certificat que celui de pin : {found}. S'il a été renouvelé là-bas, écrivez celui-ci ; sinon quelqu'un est peut-être entre les deux.",
    ),
    "peers.no_tls": (
        "{url} does not speak TLS as it should ({why}). Check the port, and https:// or http://.",
        "{url} ne parle pas TLS comme il faut ({why}). Vérifiez le port, et https:// ou http://.",
    ),
    "peers.token_refused": (
        "{url} does not know this token. Make one there with `pipeline token create NAME --scope sync`.",
        "{url} ne connaît pas ce jeton. Créez-en un là-bas avec `pipeline token create NOM --scope sync`.",
    ),
    "peers.scope": (
        "the token for {url} is not for synchronising. Make one there with --scope sync.",
        "le jeton pour {url} n'est pas fait pour synchroniser. Créez-en un là-bas avec --scope sync.",
    ),
    "peers.older": (
        "{url} is a Pipeline of another version, which does not know this exchange. Bring both to the same version.",
        "{url} est un Pipeline d'une autre version, qui ne connaît pas cet échange. Mettez les deux à la même version.",
    ),
    "peers.not_pipeline": (
        "{url} answers, but it is not a Pipeline (status {status}). Correct remote.",
        "{url} répond, mais ce n'est pas un Pipeline (statut {status}). Corrigez remote.",
    ),
    "peers.no_database": (
        "there is no database at {path}. Correct remote, or make an empty one there first.",
        "il n'y a pas de base à {path}. Corrigez remote, ou créez-y d'abord une base vide.",
    ),
    "peers.not_ours": (
        'the database {where} has tables, but none of Pipeline. Correct remote; if both databases are another program\'s, set schema = "none" under [database].',
        'la base {where} a des tables, mais aucune de Pipeline. Corrigez remote ; si les deux bases sont à un autre programme, mettez schema = "none" sous [database].',
    ),
    # plan
    "syncing.two_counters": (
        "{table}: the database counts its numbers, and with SQLite on one side two sites would give the same number to different rows. Let only one side write it (direction), or give its rows keys that do not count.",
        "{table} : la base compte ses numéros, et avec SQLite d'un côté deux sites donneraient le même numéro à des lignes différentes. Laissez un seul côté l'écrire (direction), ou donnez à ses lignes des clés qui ne comptent pas.",
    ),
    "syncing.other_order": (
        "{column} is unique, but held equal in different ways: {mine} here, {theirs} there. Give it the same way on both sides.",
        "{column} est unique, mais l'égalité n'y est pas la même : {mine} ici, {theirs} là-bas. Réglez-la pareillement des deux côtés.",
    ),
    "syncing.level": (
        "{table}.{column} holds how much there is. If two sites change it, the later figure wins and the other is lost from the sum: write movements, which add up, and let one site keep this column.",
        "{table}.{column} contient un niveau. Si deux sites le changent, le dernier chiffre l'emporte et l'autre manque au total : écrivez des mouvements, qui s'additionnent, et laissez un seul site tenir cette colonne.",
    ),
    "syncing.ranges": (
        "{table}: both databases count its numbers. Give each site a range of its own before both add rows.",
        "{table} : les deux bases comptent ses numéros. Donnez à chaque site sa propre plage avant que les deux n'ajoutent des lignes.",
    ),
    "syncing.keeps_record": (
        "{table} is a table of this program: its changes stay recorded, for taking back an import needs that. To leave it out of synchronisation, name the others in tables.",
        "{table} est une table de ce programme : ses changements restent enregistrés, car l'annulation d'un import en a besoin. Pour l'exclure de la synchronisation, nommez les autres dans tables.",
    ),
    "peers.nothing_written": ("Nothing was written.", "Rien n'a été écrit."),
    "peers.clash": (
        "{table}: {columns} {values} is another row on each side; the later one will be renamed",
        "{table} : {columns} {values} est une autre ligne de chaque côté ; la plus récente sera renommée",
    ),
    # rounds
    "peers.round": (
        "With {peer}: {pulled} rows came, {pushed} went, {loaded} in a first load.",
        "Avec {peer} : {pulled} lignes reçues, {pushed} envoyées, {loaded} au premier chargement.",
    ),
    "peers.new_conflicts": (
        "Values that were not kept: {count}. `pipeline sync conflicts` shows them.",
        "Valeurs non retenues : {count}. `pipeline sync conflicts` les montre.",
    ),
    "peers.rows_wait": (
        "Rows that came and cannot be written here yet: {count}.",
        "Lignes reçues qui ne peuvent pas encore être écrites ici : {count}.",
    ),
    "peers.progress_rows": ("{table}: {count} rows", "{table} : {count} lignes"),
    "peers.progress_parts": ("pieces: {count}", "morceaux : {count}"),
    "peers.last_round": (
        "last round with {peer} on {when}: {pulled} rows came, {pushed} went",
        "dernier échange avec {peer} le {when} : {pulled} lignes reçues, {pushed} envoyées",
    ),
    "peers.waits": ("waiting for {peer}: {count} rows", "en attente pour {peer} : {count} lignes"),
    "peers.reached": (
        "{job}: {peer} is reached; its clock is {seconds} s off",
        "{job} : {peer} est joignable ; son horloge diffère de {seconds} s",
    ),
    "peers.open_records": (
        "conflicts to look at: {count}; rows that wait: {held}",
        "conflits à examiner : {count} ; lignes en attente : {held}",
    ),
    "peers.oldest": (
        "a program has had a transaction open for {seconds} s: what was written since waits for it",
        "un programme garde une transaction ouverte depuis {seconds} s : ce qui a été écrit depuis l'attend",
    ),
    # verify and rejoin
    "peers.equal": (
        "{count} tables with {rows} rows are equal here and at {peer}.",
        "{count} tables avec {rows} lignes sont égales ici et chez {peer}.",
    ),
    "peers.not_equal": (
        "Not equal to {peer}, though everything was exchanged: something was written past the record. The rows are named above; nothing was mended.",
        "Pas égal à {peer}, bien que tout ait été échangé : quelque chose a été écrit sans être enregistré. Les lignes sont nommées ci-dessus ; rien n'a été corrigé.",
    ),
    "peers.not_drained": (
        "Not equal to {peer} yet: some changes were not exchanged. Run `pipeline sync now`, then verify again.",
        "Pas encore égal à {peer} : des changements n'ont pas été échangés. Lancez `pipeline sync now`, puis vérifiez à nouveau.",
    ),
    "peers.rejoin_table": (
        "{table}: {new} new, {changed} changed, {gone} gone",
        "{table} : {new} nouvelles, {changed} changées, {gone} parties",
    ),
    "peers.would_rejoin": (
        "This is what joining again would do; {again} own changes would be made again, {records} kept as records. Nothing was written. To do it, add --accept.",
        "Voici ce que ferait le retour ; {again} changements d'ici seraient refaits, {records} gardés pour examen. Rien n'a été écrit. Pour le faire, ajoutez --accept.",
    ),
    "peers.rejoined": (
        "Joined again: {again} own changes made again, {records} kept as records.",
        "De retour : {again} changements d'ici refaits, {records} gardés pour examen.",
    ),
    "peers.installed": (
        "Changes are recorded from now on in {count} more tables: {tables}",
        "Les changements sont enregistrés désormais dans {count} tables de plus : {tables}",
    ),
    "peers.uninstalled": (
        "Changes are no longer recorded in {count} tables: {tables}",
        "Les changements ne sont plus enregistrés dans {count} tables : {tables}",
    ),
    # conflicts
    "peers.keep_what": (
        "--keep is here, there, both or merge, not {value}.",
        "--keep vaut here, there, both ou merge, et non {value}.",
    ),
    "peers.no_record": (
        "There is no conflict {id}. `pipeline sync conflicts` lists them.",
        "Aucun conflit {id}. `pipeline sync conflicts` les liste.",
    ),
    "peers.many_records": (
        "Several conflicts begin with {id}. Write more of it.",
        "Plusieurs conflits commencent par {id}. Écrivez-en davantage.",
    ),
    "peers.settled": ("Conflict {id} was settled by {who}.", "Le conflit {id} a été réglé par {who}."),
    "peers.no_merge": (
        "Conflict {id} is not two rows of the same name: there is nothing to merge. Choose here, there or both.",
        "Le conflit {id} n'oppose pas deux lignes du même nom : rien à fusionner. Choisissez here, there ou both.",
    ),
    "peers.cannot_keep": (
        "Conflict {id} is not a choice between two values, so {keep} is no answer. Mend the row as you like, then say --keep both.",
        "Le conflit {id} n'est pas un choix entre deux valeurs, donc {keep} ne convient pas. Corrigez la ligne à votre gré, puis dites --keep both.",
    ),
    "peers.row_gone": (
        "Conflict {id}: the row in {table} is not there as it was. Look at it, then say --keep both.",
        "Conflit {id} : la ligne de {table} n'est plus là comme avant. Examinez-la, puis dites --keep both.",
    ),
    "peers.changed_since": (
        "Conflict {id}: {column} was changed since. Look at the row, then say --keep both.",
        "Conflit {id} : {column} a été changé depuis. Examinez la ligne, puis dites --keep both.",
    ),
    "peers.seen": (
        "Conflict {id} is settled; no row was changed.",
        "Le conflit {id} est réglé ; aucune ligne n'a changé.",
    ),
    "peers.resolved": (
        "Conflict {id} is settled. `pipeline undo {entry}` takes it back.",
        "Le conflit {id} est réglé. `pipeline undo {entry}` l'annule.",
    ),
    "peers.head.id": ("conflict", "conflit"),
    "peers.head.what": ("what", "quoi"),
    "peers.head.row": ("row", "ligne"),
    "peers.head.kept": ("kept", "retenu"),
    "peers.head.lost": ("not kept", "non retenu"),
    "peers.head.when": ("found", "trouvé"),
    "peers.head.state": ("state", "état"),
    "peers.head.table": ("table", "table"),
    "peers.head.here": ("here", "ici"),
    "peers.head.there": ("there", "là-bas"),
    "peers.head.equal": ("equal", "égales"),
    "peers.head.only_here": ("only here", "ici seulement"),
    "peers.head.only_there": ("only there", "là-bas seulement"),
    "peers.head.differ": ("differ", "différentes"),
    "peers.head.clashes": ("clash", "en conflit"),
    "peers.where.here": ("only here", "ici seulement"),
    "peers.where.there": ("only there", "là-bas seulement"),
    "peers.where.both": ("not the same", "pas la même"),
    "peers.state.open": ("open", "ouvert"),
    "peers.state.resolved": ("settled", "réglé"),
    "peers.kind.update": ("changed at two sites", "changé sur deux sites"),
    "peers.kind.delete": ("deleted elsewhere after a change", "supprimé ailleurs après un changement"),
    "peers.kind.edit": (
        "changed elsewhere after it was deleted: it is back",
        "changé ailleurs après sa suppression : de retour",
    ),
    "peers.kind.revived": (
        "deleted, and back because another row needs it",
        "supprimé, et de retour car une autre ligne en a besoin",
    ),
    "peers.kind.unique": (
        "same name twice, the later one renamed",
        "même nom deux fois, le plus récent renommé",
    ),
    "peers.kind.number": ("same number twice, one of them waits", "même numéro deux fois, l'un attend"),
    "peers.kind.rejoin-both": (
        "changed on both sides before it joined again",
        "changé des deux côtés avant le retour",
    ),
    "peers.kind.rejoin-deleted": ("changed here, deleted there", "changé ici, supprimé là-bas"),
    "peers.kind.rejoin-parent-gone": (
        "what it points at is gone there",
        "ce qu'elle désigne a disparu là-bas",
    ),
    "peers.kind.rejoin-number": (
        "its number was given there meanwhile",
        "son numéro a été donné là-bas entre-temps",
    ),
    "peers.kind.rejoin-refused": ("the database did not take it again", "la base ne l'a pas reprise"),
    "peers.kind.rejoin-kept": (
        "deleted here, kept because it changed there",
        "supprimé ici, gardé car changé là-bas",
    ),
}
