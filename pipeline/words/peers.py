"""Sentences of the commands of synchronisation, its config, and its way over the network."""

TEXTS: dict[str, tuple[str, str]] = {
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
}
