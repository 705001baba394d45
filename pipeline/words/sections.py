"""Sentences of mappings that fill several tables."""

TEXTS: dict[str, tuple[str, str]] = {
    "sections.both": (
        "A mapping with [tables.NAME] has no `{key}` of its own. Move it into the sections.",
        "Un modèle avec des sections [tables.NOM] n'a pas de `{key}` à lui. Déplacez-le dans les sections.",
    ),
    "sections.no_where": (
        "A mapping with [tables.NAME] takes every row of the file. Move `where` into the sections.",
        "Un modèle avec des sections [tables.NOM] prend toutes les lignes du fichier. Déplacez `where` dans les sections.",
    ),
    "sections.none": (
        "[tables] needs a section for each table: [tables.order], [tables.line] and so on.",
        "[tables] a besoin d'une section par table : [tables.commande], [tables.ligne], etc.",
    ),
    "sections.no_fields": (
        'The section {section} needs [tables.{section}.fields] with lines `table_column = "File column"`.',
        'La section {section} a besoin de [tables.{section}.fields] avec des lignes `colonne = "Colonne du fichier"`.',
    ),
    "sections.only_several": (
        "`{key}` with documents is for mappings of several tables. Remove the line, or write sections [tables.NAME].",
        "`{key}` avec des documents est réservé aux modèles de plusieurs tables. Retirez la ligne, ou écrivez des"
        " sections [tables.NOM].",
    ),
    "sections.delivery": (
        "`delivery` names two files or more that come together, each with one `*` for the part they share, or none with any: "
        '["ENTETES*.TXT", "LIGNES*.TXT"].',
        "`delivery` nomme au moins deux fichiers qui vont ensemble, chacun avec un `*` pour la partie commune, ou aucun : "
        '["ENTETES*.TXT", "LIGNES*.TXT"].',
    ),
    "sections.delivery_unit": (
        'The documents of a delivery stand in several files: `unit` is "row" or "file" there.',
        'Les documents d\'une livraison sont dans plusieurs fichiers : `unit` vaut "row" ou "file".',
    ),
    "sections.no_delivery": (
        "Section {section} names its file, but the mapping has no `delivery`.",
        "La section {section} nomme son fichier, mais le modèle n'a pas de `delivery`.",
    ),
    "sections.which_file": (
        "Section {section} must say which file it takes: `file` is one of {patterns}.",
        "La section {section} doit dire quel fichier elle prend : `file` est l'un de {patterns}.",
    ),
    "sections.other_file": (
        "Section {section} takes another file: write {column} as {{ find = … }} by the number that stands in both.",
        "La section {section} prend un autre fichier : écrivez {column} avec {{ find = … }} par le numéro présent dans les deux.",
    ),
    "sections.no_taker": (
        "No section takes the file {pattern} of the delivery.",
        "Aucune section ne prend le fichier {pattern} de la livraison.",
    ),
    "sections.not_delivered": (
        "{name} is none of the files that come together here: {patterns}.",
        "{name} n'est aucun des fichiers qui vont ensemble ici : {patterns}.",
    ),
    "sections.delivery_failed": (
        "Not imported, because {file}, which belongs to it, could not be: {why}",
        "Pas importé, car {file}, qui va avec, n'a pas pu l'être : {why}",
    ),
    "sections.no_document": (
        'Nothing says which rows are one document. Write `document = "Column"` at the top of the mapping.',
        'Rien ne dit quelles lignes forment un document. Écrivez `document = "Colonne"` en tête du modèle.',
    ),
    "sections.foreign": (
        "The table {table} belongs to another program; several tables at once can only be Pipeline's own for now. Use a"
        " mapping of one table.",
        "La table {table} appartient à un autre programme ; plusieurs tables à la fois ne peuvent être pour l'instant"
        " que celles de Pipeline. Utilisez un modèle d'une seule table.",
    ),
    "sections.reference": (
        'The column {column} points to a row of another table. Write {{ row = "SECTION" }} or {{ find = "table", … }}.',
        'La colonne {column} renvoie à une ligne d\'une autre table. Écrivez {{ row = "SECTION" }} ou {{ find = "table", … }}.',
    ),
    "sections.no_reference": (
        "The column {column} does not point to another table. Write the file's column instead.",
        "La colonne {column} ne renvoie pas à une autre table. Écrivez plutôt la colonne du fichier.",
    ),
    "sections.no_section": (
        "There is no section [tables.{section}]. Correct the name.",
        "Il n'y a pas de section [tables.{section}]. Corrigez le nom.",
    ),
    "sections.other_table": (
        "The column {column} points to rows of {table}, and {section} gives others. Correct one of them.",
        "La colonne {column} renvoie à des lignes de {table}, et {section} en donne d'autres. Corrigez l'un des deux.",
    ),
    "sections.grain": (
        "The section {section} has several rows in a document; which one is meant cannot be known. Point to a section"
        ' with `per = "document"`.',
        "La section {section} a plusieurs lignes dans un document ; on ne peut savoir laquelle est voulue. Renvoyez à une"
        ' section avec `per = "document"`.',
    ),
    "sections.circle": (
        "These sections point to one another in a circle: {sections}. Remove one of the `row` fields.",
        "Ces sections renvoient l'une à l'autre en cercle : {sections}. Retirez l'un des champs `row`.",
    ),
    "sections.count_place": (
        "`count` gives whole numbers, and {column} holds none. Remove it.",
        "`count` donne des nombres entiers, et {column} n'en contient pas. Retirez-le.",
    ),
    "sections.count_per": (
        'The rows of a document are counted in {column}, so the section needs `per = "row"`.',
        'Les lignes d\'un document sont comptées dans {column} : la section a donc besoin de `per = "row"`.',
    ),
    "sections.key_field": (
        "The key column {column} has no line under [tables.{section}.fields]. Add one.",
        "La colonne clé {column} n'a pas de ligne sous [tables.{section}.fields]. Ajoutez-la.",
    ),
    "sections.replace": (
        '`lines = "replace"` needs a key of {table} with the document\'s own row in it: a field {{ row = "SECTION" }}.',
        '`lines = "replace"` demande une clé de {table} qui contienne la ligne du document : un champ {{ row = "SECTION" }}.',
    ),
    "sections.amounts": (
        "The missing amounts of {table} cannot be derived: that needs its net amount (HT) or its gross amount (TTC), and"
        " its tax or the rate, and another that is left out. Add a line, or remove `amounts`.",
        "Les montants manquants de {table} ne peuvent être calculés : il faut son montant HT ou TTC, et sa TVA ou le taux,"
        " et un autre qui manque. Ajoutez une ligne, ou retirez `amounts`.",
    ),
    "sections.refunds": (
        '`refunds` needs a section with `per = "document"` that fills gross_amount. Move it there.',
        '`refunds` demande une section avec `per = "document"` qui remplit gross_amount. Déplacez-le là.',
    ),
    "sections.find_by": (
        'The field {target} must say by what to find the row: by = [{{ sku = "Column" }}].',
        'Le champ {target} doit dire par quoi trouver la ligne : by = [{{ sku = "Colonne" }}].',
    ),
    "sections.homeless": (
        "Nothing above this row says which document it belongs to. Fill in {column}.",
        "Rien au-dessus de cette ligne ne dit à quel document elle appartient. Remplissez {column}.",
    ),
    "sections.unlike": (
        "An earlier row of this document says {before}. Make them agree.",
        "Une ligne précédente de ce document dit {before}. Mettez-les d'accord.",
    ),
    "sections.apart": (
        "The rows of this document stand too far apart in the file. Sort the file by {column}.",
        "Les lignes de ce document sont trop éloignées dans le fichier. Triez le fichier par {column}.",
    ),
    "sections.unread": (
        "A row beside this document could not be read (line {line}), so it may not be whole. Correct that row.",
        "Une ligne voisine de ce document n'a pu être lue (ligne {line}) : il n'est peut-être pas entier. Corrigez-la.",
    ),
    "sections.with": (
        "It belongs to the document of line {line}, which could not be taken. Correct that line, and drop all of them again.",
        "Elle appartient au document de la ligne {line}, qui n'a pu être pris. Corrigez cette ligne, puis redéposez-les toutes.",
    ),
    "sections.needs": (
        "It needs line {line}, which could not be taken. Correct that line, and drop both again.",
        "Elle dépend de la ligne {line}, qui n'a pu être prise. Corrigez celle-ci, puis redéposez les deux.",
    ),
    "sections.no_key": (
        "None of the columns that {section} is known by is filled in: {columns}. Fill in one of them.",
        "Aucune des colonnes par lesquelles {section} est reconnu n'est remplie : {columns}. Remplissez-en une.",
    ),
    "sections.disagree": (
        "Two rows of the file say different things about the same {section} ({columns}). Make them agree.",
        "Deux lignes du fichier disent des choses différentes du même {section} ({columns}). Mettez-les d'accord.",
    ),
    "sections.ambiguous": (
        "The database has several rows of {table} with this {columns}; which one is meant cannot be known. Make them"
        " different there.",
        "La base a plusieurs lignes de {table} avec ce {columns} ; on ne peut savoir laquelle est voulue. Distinguez-les.",
    ),
    "sections.not_found": (
        "The database has no row of {table} with this {columns}. Enter it first, or correct the cell.",
        "La base n'a pas de ligne de {table} avec ce {columns}. Saisissez-la d'abord, ou corrigez la cellule.",
    ),
    "sections.lacks": (
        "{target} must be filled, and nothing in the file gives it. Fill in what {section} needs.",
        "{target} doit être rempli, et rien dans le fichier ne le donne. Remplissez ce dont {section} a besoin.",
    ),
}
