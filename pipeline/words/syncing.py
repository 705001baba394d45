"""What is said when two databases are synchronised."""

TEXTS: dict[str, tuple[str, str]] = {
    "syncing.protocol": (
        "{peer} speaks version {theirs} of the exchange, this Pipeline version {mine}: bring both to the same version",
        "{peer} parle la version {theirs} de l'échange, ce Pipeline la version {mine} : mettez les deux à la même version",
    ),
    "syncing.same_site": (
        "both sides call themselves {site}: give each database a name of its own",
        "les deux côtés s'appellent {site} : donnez à chaque base un nom propre",
    ),
    "syncing.clock_ahead": (
        "the clock of {peer} is {seconds} seconds ahead of the one here: nothing is exchanged until it is set right",
        "l'horloge de {peer} avance de {seconds} secondes sur celle d'ici : rien n'est échangé tant qu'elle n'est pas réglée",
    ),
    "syncing.behind": (
        "the clock here is {seconds} seconds behind that of {peer}: nothing is exchanged until one of the two is set right",
        "l'horloge d'ici retarde de {seconds} secondes sur celle de {peer} : rien n'est échangé tant que l'une des deux n'est pas réglée",
    ),
    "syncing.table_only_there": (
        "table {table} takes part at {peer} but not here: name it in both, or in neither",
        "la table {table} participe chez {peer} mais pas ici : nommez-la des deux côtés, ou d'aucun",
    ),
    "syncing.table_only_here": (
        "table {table} takes part here but not at {peer}: name it in both, or in neither",
        "la table {table} participe ici mais pas chez {peer} : nommez-la des deux côtés, ou d'aucun",
    ),
    "syncing.column_only_there": (
        "column {column} of {table} exists at {peer} and not here: add it here; changes wait until then",
        "la colonne {column} de {table} existe chez {peer} et pas ici : ajoutez-la ici ; les changements attendent",
    ),
    "syncing.column_only_here": (
        "column {column} of {table} exists here and not at {peer}: add it there; changes wait until then",
        "la colonne {column} de {table} existe ici et pas chez {peer} : ajoutez-la là-bas ; les changements attendent",
    ),
    "syncing.column_differs": (
        "column {column} of {table} holds {theirs} at {peer} and {mine} here",
        "la colonne {column} de {table} contient {theirs} chez {peer} et {mine} ici",
    ),
    "syncing.key_differs": (
        "table {table} is told apart by {theirs} at {peer} and by {mine} here",
        "la table {table} est distinguée par {theirs} chez {peer} et par {mine} ici",
    ),
    "syncing.forgotten": (
        "this database has forgotten what {peer} already has of it: it is an old backup or a copy. Run `pipeline sync rejoin`, which first shows what it would do",
        "cette base a oublié ce que {peer} a déjà d'elle : c'est une ancienne sauvegarde ou une copie. Lancez `pipeline sync rejoin`, qui montre d'abord ce qu'il ferait",
    ),
    "syncing.lapsed": (
        "{peer} was away for so long that its changes were no longer kept for it: it must run `pipeline sync rejoin`",
        "{peer} a été absent si longtemps que ses changements n'ont plus été gardés : il doit lancer `pipeline sync rejoin`",
    ),
    "syncing.peer_forgot": (
        "{peer} has forgotten what it already gave: it is an old backup or a copy. Nothing is exchanged until it has rejoined",
        "{peer} a oublié ce qu'il avait déjà donné : c'est une ancienne sauvegarde ou une copie. Rien n'est échangé tant qu'il n'est pas réintégré",
    ),
    "syncing.other_life": (
        "{peer} knows this database as it was before it was restored or joined again: run `pipeline sync rejoin`",
        "{peer} connaît cette base telle qu'avant sa restauration ou sa réintégration : lancez `pipeline sync rejoin`",
    ),
    "syncing.both_filled": (
        "both this database and {peer} hold rows: look at `pipeline sync plan`, then accept it",
        "cette base et {peer} contiennent toutes deux des lignes : regardez `pipeline sync plan`, puis acceptez-le",
    ),
    "syncing.held": (
        "nothing is exchanged with {peer}: {why}",
        "rien n'est échangé avec {peer} : {why}",
    ),
    "syncing.unknown_peer": (
        "{peer} is not one of those that this database exchanges with",
        "{peer} ne fait pas partie de ceux avec qui cette base échange",
    ),
    "syncing.bad_part": (
        "a piece of what {peer} sent is not as it was announced: it is asked for again",
        "un morceau envoyé par {peer} n'est pas tel qu'annoncé : il est redemandé",
    ),
    "syncing.nonsense": (
        "what {peer} sent cannot be understood: {why}",
        "ce que {peer} a envoyé est incompréhensible : {why}",
    ),
    "syncing.no_batch": (
        "{peer} asks for something that was not offered, or is no longer kept: the next round begins anew",
        "{peer} demande quelque chose qui n'a pas été offert, ou n'est plus gardé : le prochain tour recommence",
    ),
    "syncing.no_table": (
        "there is no table {table} here that takes part",
        "aucune table {table} ne participe ici",
    ),
    "syncing.no_key": (
        "table {table} has no key that is never empty: its rows cannot be told apart",
        "la table {table} n'a pas de clé toujours remplie : ses lignes ne peuvent être distinguées",
    ),
    "syncing.odd_key": (
        "table {table} is told apart by {column}, which holds {kind}: such a key cannot be compared on every database",
        "la table {table} est distinguée par {column}, qui contient {kind} : une telle clé ne se compare pas sur toute base",
    ),
    "syncing.odd_type": (
        "column {column} of {table} holds {kind}, which not every database can: leave the table out",
        "la colonne {column} de {table} contient {kind}, que toute base ne connaît pas : laissez la table de côté",
    ),
    "syncing.cycle": (
        "the tables {tables} point at each other in a circle: they cannot be written in an order that PostgreSQL takes",
        "les tables {tables} se renvoient l'une à l'autre en cercle : aucun ordre d'écriture ne convient à PostgreSQL",
    ),
    "syncing.no_parent": (
        "it points at a row of {table} that is not here",
        "elle renvoie à une ligne de {table} qui n'est pas ici",
    ),
    "syncing.same_number": (
        "another row of {table} has the same {column}, and such numbers are never changed by themselves",
        "une autre ligne de {table} a le même {column}, et de tels numéros ne sont jamais changés d'office",
    ),
    "syncing.other_name": (
        "this database is known to its peers as {known}, not as {site}",
        "cette base est connue de ses pairs sous le nom {known}, et non {site}",
    ),
    "syncing.unlogged": (
        "changes of table {table} are not recorded here: run `pipeline sync install`",
        "les changements de la table {table} ne sont pas enregistrés ici : lancez `pipeline sync install`",
    ),
}
