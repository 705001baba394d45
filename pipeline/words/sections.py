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
    "sections.mixed": (
        "One mapping cannot fill tables of Pipeline's and the table {table}, which is not. Make two mappings of it.",
        "Un même modèle ne peut pas remplir des tables de Pipeline et la table {table}, qui n'en est pas. Faites-en deux modèles.",
    ),
    "sections.one_key": (
        "Rows of {table} are known by one key of the table. Keep one of the alternatives.",
        "Les lignes de {table} se reconnaissent par une seule clé de la table. Gardez une des clés proposées.",
    ),
    "sections.foreign_only": (
        "`{setting}` is for Pipeline's own tables, and {table} is another program's. Remove it.",
        "`{setting}` vaut pour les tables de Pipeline, et {table} est celle d'un autre programme. Retirez-le.",
    ),
    "sections.document_type": (
        "document_id points to a row of {table}, and document_type says {value}. Write document_type = {{ value ="
        ' "{table}" }}.',
        "document_id désigne une ligne de {table}, et document_type dit {value}. Écrivez document_type = {{ value ="
        ' "{table}" }}.',
    ),
    "sections.foreign_create": (
        "A row of {table} is not made by looking for it. Give that table a section of its own, or take another `missing`.",
        "Une ligne de {table} ne se crée pas en la cherchant. Donnez à cette table sa propre section, ou choisissez un autre"
        " `missing`.",
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
        "`count` gives whole numbers, in a text column those of a document that columns name; {column} takes neither. Remove it.",
        "`count` donne des nombres entiers, dans une colonne de texte ceux d'un document que des colonnes nomment ; {column} ne prend ni l'un ni l'autre. Retirez-le.",
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
        '`refunds` needs a section with `per = "document"` that fills gross_amount (of payments: amount). Move it there.',
        '`refunds` demande une section avec `per = "document"` qui remplit gross_amount (pour les règlements : amount). Déplacez-le là.',
    ),
    "sections.each_list": (
        '`each` gives {name} a list with an item for each place: {name} = ["Column 1", "Column 2"], or'
        ' {name} = {{ values = ["20", "5.5"] }}.',
        '`each` donne à {name} une liste avec un élément par position : {name} = ["Colonne 1", "Colonne 2"], ou'
        ' {name} = {{ values = ["20", "5.5"] }}.',
    ),
    "sections.each_length": (
        'The lists of `each` must be equally long, one item for each place; "" where a place has no column.',
        'Les listes de `each` doivent avoir la même longueur, un élément par position ; "" là où il n\'y a pas de colonne.',
    ),
    "sections.each_columns": (
        "One list of `each` at least must name columns of the file.",
        "Une liste de `each` au moins doit nommer des colonnes du fichier.",
    ),
    "sections.split": (
        'Write which cell to divide, and at what: split = {{ column = "Tags", by = "," }}.',
        'Écrivez quelle cellule couper, et à quel signe : split = {{ column = "Tags", by = "," }}.',
    ),
    "sections.fill_broken": (
        "What stands above this blank cell is not sure, for line {line} could not be read. Fill in the cell.",
        "Ce qui se trouve au-dessus de cette cellule vide n'est pas sûr : la ligne {line} n'a pu être lue. Remplissez la cellule.",
    ),
    "sections.refunds_kind": (
        "Rows of {table} have no kind that could say refund. `refunds` is for {tables}; elsewhere leave the sign as it is.",
        "Les lignes de {table} n'ont pas de nature qui dirait remboursement. `refunds` est réservé à {tables} ; ailleurs,"
        " laissez le signe.",
    ),
    "sections.refunds_unsaid": (
        'With `refunds = "positive"` the file must say which documents are refunds. Add the field kind:'
        ' kind = {{ column = "Type", values = {{ Sale = "sale", Refund = "refund", Void = "void" }} }}.',
        'Avec `refunds = "positive"`, le fichier doit dire quels documents sont des remboursements. Ajoutez le champ kind :'
        ' kind = {{ column = "Type", values = {{ Vente = "sale", Remboursement = "refund", Annulation = "void" }} }}.',
    ),
    "sections.refunds_twice": (
        "`refunds` stands in the section {section} already, and holds for the whole document. Remove one of the two.",
        "`refunds` figure déjà dans la section {section} et vaut pour tout le document. Retirez l'un des deux.",
    ),
    "sections.refund_sign": (
        "The total is negative, but this file writes refunds as positive amounts. Correct the amount or the kind, or"
        ' write `refunds = "negative"` in the mapping.',
        "Le total est négatif, alors que ce fichier écrit les remboursements en positif. Corrigez le montant ou la nature,"
        ' ou écrivez `refunds = "negative"` dans le modèle.',
    ),
    "sections.rounding": (
        '`rounding = "document"` needs `document` and tax that is derived: `amounts`, a rate, and no tax of the file\'s own.',
        '`rounding = "document"` demande `document` et une TVA calculée : `amounts`, un taux, et pas de TVA dans le fichier.',
    ),
    "sections.total_of": (
        'Write what the total is the sum of: total = {{ of = "line.gross_amount", tolerance = "0.02" }}.',
        'Écrivez de quoi le total est la somme : total = {{ of = "line.gross_amount", tolerance = "0.02" }}.',
    ),
    "sections.total_place": (
        '`total` needs a section with `per = "document"`. Move it there.',
        '`total` demande une section avec `per = "document"`. Déplacez-le là.',
    ),
    "sections.total_column": (
        "The column {column} of {table} holds no amount that could be added up. Correct the name.",
        "La colonne {column} de {table} ne contient pas de montant à additionner. Corrigez le nom.",
    ),
    "sections.tolerance": (
        '`tolerance` is an amount such as "0.02", not {value}.',
        '`tolerance` est un montant comme "0.02", pas {value}.',
    ),
    "sections.total_apart": (
        "The parts of this document add up to {sum}, but its total says {total}: {apart} apart. Correct the document, or"
        " allow more than {tolerance} in the mapping.",
        "Les parties de ce document font {sum}, mais son total dit {total} : {apart} d'écart. Corrigez le document, ou"
        " autorisez plus de {tolerance} dans le modèle.",
    ),
    "sections.similar": (
        "{table} has {known} already, and this row says {value}: nearly the same. If it is the same one, write {known} in"
        ' the file; else say in the mapping, for {section}, what is meant: similar = "same" or similar = "new".',
        "{table} contient déjà {known}, et cette ligne dit {value} : presque pareil. Si c'est le même, écrivez {known} dans"
        ' le fichier ; sinon dites dans le modèle, pour {section}, ce qui est voulu : similar = "same" ou similar = "new".',
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
    # modes --------------------------------------------------------------------------------------------------
    "sections.foreign_mode": (
        "The table {table} belongs to another program; modes, `find`, `write` and `fill_down` are only for Pipeline's own tables for"
        " now. Remove those lines.",
        "La table {table} appartient à un autre programme ; les modes, `find`, `write` et `fill_down` ne valent pour l'instant que"
        " pour les tables de Pipeline. Retirez ces lignes.",
    ),
    "sections.mirror_mode": (
        '`mirror` needs `mode = "mirror"`. Write that too, or remove `mirror`.',
        '`mirror` demande `mode = "mirror"`. Écrivez-le aussi, ou retirez `mirror`.',
    ),
    "sections.mirror_gone": (
        '`gone` is "delete", "inactive" or {{ column = value }}. Write one of them.',
        '`gone` vaut "delete", "inactive" ou {{ colonne = valeur }}. Écrivez l\'un des trois.',
    ),
    "sections.mirror_most": (
        '`at_most` is a number of rows or a share like "10%", not {value}. Correct it.',
        '`at_most` est un nombre de lignes ou une part comme "10%", pas {value}. Corrigez-le.',
    ),
    "sections.mirror_among": (
        "`within` names {column}, which the file does not fill. Add its line under fields, or write {{ {column} = value }}.",
        "`within` nomme {column}, que le fichier ne remplit pas. Ajoutez sa ligne sous fields, ou écrivez {{ {column} = valeur }}.",
    ),
    "sections.action_words": (
        'An action needs the file\'s column and its words, each once: action = {{ column = "Op", insert = ["I"], update ='
        ' ["U"], delete = ["D"] }}.',
        'Une action demande la colonne du fichier et ses mots, une fois chacun : action = {{ column = "Op", insert = ["I"],'
        ' update = ["U"], delete = ["D"] }}.',
    ),
    "sections.action_place": (
        "`action` is for sections per row without another mode, where the last of several rows counts. Remove the other setting.",
        "`action` vaut pour une section par ligne, sans autre mode, où la dernière de plusieurs lignes compte. Retirez"
        " l'autre réglage.",
    ),
    "sections.newer_field": (
        "`newer_by` names {column}, which has no line under fields. Add one.",
        "`newer_by` nomme {column}, qui n'a pas de ligne sous fields. Ajoutez-la.",
    ),
    "sections.newer_kind": (
        "`newer_by` needs a date, a moment or a number, and {column} is none. Name another column.",
        "`newer_by` demande une date, un moment ou un nombre, et {column} n'en est pas. Nommez une autre colonne.",
    ),
    "sections.append_mode": (
        '`lines = "append"` always adds lines, so another `mode` cannot stand beside it. Remove one of them.',
        '`lines = "append"` ajoute toujours des lignes : un autre `mode` ne peut être à côté. Retirez l\'un des deux.',
    ),
    "sections.action": (
        "It does not say what to do with this row. Write one of: {known}.",
        "Rien ne dit que faire de cette ligne. Écrivez l'un de : {known}.",
    ),
    "sections.two_records": (
        "This row is about two different records that the database has: its {columns} lead to one and to another. Correct the"
        " cells, or make one of the two {section} there.",
        "Cette ligne parle de deux fiches différentes de la base : ses {columns} mènent à l'une et à l'autre. Corrigez les"
        " cellules, ou réunissez les deux {section} là-bas.",
    ),
    "sections.round": (
        "This row comes below itself: what {column} names leads back to it. Correct {column}.",
        "Cette ligne se retrouve sous elle-même : ce que nomme {column} ramène à elle. Corrigez {column}.",
    ),
    "sections.in_use": (
        "It cannot be deleted: rows of {table} still belong to it. Delete those first, or mark it inactive.",
        "Elle ne peut être supprimée : des lignes de {table} en dépendent encore. Supprimez-les d'abord, ou rendez-la inactive.",
    ),
    "sections.mirror_refused": (
        "Nothing was removed from {table}: rows of the file were refused, so it is not known what it no longer has. Correct"
        " them, and drop the whole file again.",
        "Rien n'a été retiré de {table} : des lignes du fichier ont été refusées, on ignore donc ce qu'il n'a plus."
        " Corrigez-les, puis redéposez le fichier entier.",
    ),
    "sections.mirror_empty": (
        "Nothing was removed from {table}: the file has no rows for it, and an empty file never empties a table.",
        "Rien n'a été retiré de {table} : le fichier n'a pas de lignes pour elle, et un fichier vide ne vide jamais une table.",
    ),
    "sections.mirror_used": (
        "{count} rows of {table} that the file no longer has were kept: others still belong to them.",
        "{count} lignes de {table} que le fichier n'a plus ont été gardées : d'autres en dépendent encore.",
    ),
}
