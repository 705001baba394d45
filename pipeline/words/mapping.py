"""Sentences of the room `mapping`."""

TEXTS: dict[str, tuple[str, str]] = {
    "mapping.unusable": (
        "The mapping {mapping} does not fit the database. `pipeline check` lists its mistakes.",
        "Le modèle {mapping} ne convient pas à la base. `pipeline check` donne la liste de ses erreurs.",
    ),
    "mapping.version": (
        "A mapping starts with `version = 1`. Write that line.",
        "Un modèle commence par `version = 1`. Écrivez cette ligne.",
    ),
    "mapping.no_table": (
        'A mapping names its table. Write `table = "…"`.',
        'Un modèle nomme sa table. Écrivez `table = "…"`.',
    ),
    "mapping.no_fields": (
        'A mapping needs a section [fields] with lines `table_column = "File column"`.',
        'Un modèle a besoin d\'une section [fields] avec des lignes `colonne = "Colonne du fichier"`.',
    ),
    "mapping.field": (
        'The field {target} must be "File column", a list of them, or {{ … }}; a constant is {{ value = "…" }}.',
        'Le champ {target} doit être "Colonne du fichier", une liste, ou {{ … }} ; une constante : {{ value = "…" }}.',
    ),
    "mapping.one_source": (
        "The field {target} must have `column`, `value`, `file`, `sql` or `lookup`, exactly one of them.",
        "Le champ {target} doit avoir `column`, `value`, `file`, `sql` ou `lookup`, exactement un des cinq.",
    ),
    "mapping.no_list": (
        "There is no section [values.{name}]. Lists: {known}. Correct the name, or write the section.",
        "Aucune section [values.{name}]. Listes : {known}. Corrigez le nom, ou écrivez la section.",
    ),
    "mapping.list": (
        'The value list {name} must have lines `"text of the file" = "value"`, at most {most}. Correct it.',
        'La liste de valeurs {name} doit avoir des lignes `"texte du fichier" = "valeur"`, au plus {most}. Corrigez-la.',
    ),
    "mapping.list_value": (
        'What {text} means must be a text, a whole number or yes/no: `"{text}" = "value"`.',
        'Le sens de {text} doit être un texte, un nombre entier ou oui/non : `"{text}" = "valeur"`.',
    ),
    "mapping.list_twice": (
        "{text} stands twice in the value list, with two meanings; large and small letters are alike there. Remove one.",
        "{text} figure deux fois dans la liste, avec deux sens ; majuscules et minuscules y sont confondues. Retirez-en un.",
    ),
    "mapping.other_alone": (
        "`other` goes with `values`. Add a value list, or remove it.",
        "`other` va avec `values`. Ajoutez une liste de valeurs, ou retirez-le.",
    ),
    "mapping.not_listed": (
        "This text is not in the value list. It knows: {known}. Correct the cell, or add it to `values` in the mapping.",
        "Ce texte n'est pas dans la liste de valeurs. Elle connaît : {known}. Corrigez la cellule, ou ajoutez-le à `values` dans le modèle.",
    ),
    "mapping.empty_column": (
        "The field {target} names no column. Write the name that stands in the file's header.",
        "Le champ {target} ne nomme aucune colonne. Écrivez le nom qui figure dans l'en-tête du fichier.",
    ),
    "mapping.choice": ("{key} must be one of: {choices}.", "{key} doit être l'un de : {choices}."),
    "mapping.encoding": (
        "There is no encoding named {encoding}. Write for example utf-8 or cp1252, or leave the line out.",
        "Aucun encodage ne s'appelle {encoding}. Écrivez par exemple utf-8 ou cp1252, ou retirez la ligne.",
    ),
    "mapping.one_character": ("{key} must be one character.", "{key} doit être un seul caractère."),
    "mapping.position": (
        'The place of {column} must be "first-last", counted from 1, for example "1-8", not {value}.',
        'La place de {column} doit être "premier-dernier", comptés à partir de 1, par exemple "1-8", et non {value}.',
    ),
    "mapping.no_positions": (
        'Fixed columns need their places: a section [read.columns] with lines like `code = "1-8"`;'
        " lines of several kinds need [read.records].",
        'Les colonnes fixes ont besoin de leurs places : une section [read.columns] avec des lignes comme `code = "1-8"` ;'
        " des lignes de plusieurs sortes ont besoin de [read.records].",
    ),
    "mapping.same_sign": (
        "decimal and thousands are the same sign. Change one of them.",
        "decimal et thousands sont le même signe. Changez l'un des deux.",
    ),
    "mapping.unknown_table": (
        "The database has no table {table}. Correct the name.",
        "La base n'a pas de table {table}. Corrigez le nom.",
    ),
    "mapping.unknown_column": (
        "The table {table} has no column {column}. Correct the name or remove the line.",
        "La table {table} n'a pas de colonne {column}. Corrigez le nom ou retirez la ligne.",
    ),
    "mapping.not_yet": (
        "The column {column} cannot be filled by a mapping yet. Remove the line.",
        "La colonne {column} ne peut pas encore être remplie par un modèle. Retirez la ligne.",
    ),
    "mapping.not_key": (
        "{key} is not a key of {table}. Its keys are: {keys}. Write one of them.",
        "{key} n'est pas une clé de {table}. Ses clés : {keys}. Écrivez l'une d'elles.",
    ),
    "mapping.no_key": (
        "No key of {table} is filled. Add fields for one of: {keys}.",
        "Aucune clé de {table} n'est remplie. Ajoutez des champs pour l'une de : {keys}.",
    ),
    "mapping.key_field": (
        "The key column {column} has no line under [fields]. Add one.",
        "La colonne clé {column} n'a pas de ligne sous [fields]. Ajoutez-la.",
    ),
    "mapping.required": (
        "{table}.{column} must be filled. Add a line for it under [fields].",
        "{table}.{column} doit être rempli. Ajoutez une ligne sous [fields].",
    ),
    "mapping.format_place": (
        "`format` is for dates, and {column} is none. Remove it.",
        "`format` est réservé aux dates, et {column} n'en est pas une. Retirez-le.",
    ),
    "mapping.format": (
        "{format} is not a date format. It needs day, month and year, for example %d/%m/%Y %H:%M;"
        " letters: Y y m d H I M S f b B p z j.",
        "{format} n'est pas un format de date. Il faut jour, mois et année, par exemple %d/%m/%Y %H:%M ;"
        " lettres : Y y m d H I M S f b B p z j.",
    ),
    "mapping.nul": (
        "The cell holds a NUL character, which no text may hold. Correct the cell.",
        "La cellule contient un caractère NUL, interdit dans un texte. Corrigez la cellule.",
    ),
    "mapping.too_long": (
        "The text has {length} characters; at most {limit} fit. Shorten it.",
        "Le texte a {length} caractères ; {limit} au plus sont possibles. Raccourcissez-le.",
    ),
    "mapping.spoilt": (
        "A spreadsheet has destroyed this code: its last digits are gone. Format the column as text and export it"
        " again, or drop the workbook itself.",
        "Un tableur a détruit ce code : ses derniers chiffres sont perdus. Mettez la colonne au format texte et"
        " exportez-la à nouveau, ou déposez le classeur lui-même.",
    ),
    "mapping.check_digit": (
        "This is no {check}: its check digits do not agree. Correct the cell.",
        "Ce n'est pas un {check} : sa clé de contrôle ne concorde pas. Corrigez la cellule.",
    ),
    "mapping.date_order": (
        "In column {column} every date can be read in two ways, for example {example}: day {left} of month {right}, or day"
        " {right} of month {left}."
        ' Write `order = "dmy"` for the first or `order = "mdy"` for the second under [read] in the mapping.',
        "Dans la colonne {column}, chaque date se lit de deux façons, par exemple {example} : jour {left} du mois {right},"
        " ou jour {right} du mois {left}."
        ' Écrivez `order = "dmy"` pour la première ou `order = "mdy"` pour la seconde sous [read] dans le modèle.',
    ),
    "mapping.date_mixed": (
        "Column {column} holds dates with the day first ({one}) and with the month first ({two}). Correct the file, or"
        ' write `order = "dmy"` or `order = "mdy"` under [read] in the mapping.',
        "La colonne {column} contient des dates jour d'abord ({one}) et mois d'abord ({two}). Corrigez le fichier, ou"
        ' écrivez `order = "dmy"` ou `order = "mdy"` sous [read] dans le modèle.',
    ),
    "mapping.not_number": (
        "This is not a number (decimal sign: {decimal}). Correct the cell, or `decimal` in the mapping.",
        "Ce n'est pas un nombre (signe décimal : {decimal}). Corrigez la cellule, ou `decimal` dans le modèle.",
    ),
    "mapping.two_readings": (
        'This number can be read in two ways. Write `decimal = ","` or `decimal = "."` in the mapping.',
        'Ce nombre peut se lire de deux façons. Écrivez `decimal = ","` ou `decimal = "."` dans le modèle.',
    ),
    "mapping.too_big": (
        "The number is too big: it must be below 1,000,000,000,000. Correct the cell.",
        "Le nombre est trop grand : il doit être inférieur à 1 000 000 000 000. Corrigez la cellule.",
    ),
    "mapping.too_fine": (
        "The number has more than {scale} decimals, and nothing is rounded here. Correct the cell.",
        "Le nombre a plus de {scale} décimales, et rien n'est arrondi ici. Corrigez la cellule.",
    ),
    "mapping.not_iso": (
        "This is not a date like 2026-03-31. For another form write `format` in the mapping,"
        ' for example format = "%d/%m/%Y".',
        "Ce n'est pas une date comme 2026-03-31. Pour une autre forme, écrivez `format` dans le modèle,"
        ' par exemple format = "%d/%m/%Y".',
    ),
    "mapping.not_date": (
        "This is not a date that exists, written as {format}. Correct the cell, or `format` in the mapping.",
        "Ce n'est pas une date existante écrite comme {format}. Corrigez la cellule, ou `format` dans le modèle.",
    ),
    "mapping.not_boolean": (
        "This is neither yes nor no. Write yes or no (true, false, 1, 0, oui, non).",
        "Ce n'est ni oui ni non. Écrivez oui ou non (vrai, faux, 1, 0, yes, no).",
    ),
    "mapping.key_blank": (
        "{column} is empty, and it is what the row is known by ({target}). Fill it in.",
        "{column} est vide, alors que la ligne est reconnue par elle ({target}). Remplissez-la.",
    ),
    "mapping.required_blank": (
        "{column} is empty, and {target} must be filled. Fill it in, or write a default in the mapping.",
        "{column} est vide, alors que {target} doit être rempli. Remplissez-la, ou donnez un default dans le modèle.",
    ),
    "mapping.custom_plain": (
        "{name} is a field of your own: it takes a column of the file, a constant or an expression. Correct the line.",
        "{name} est un champ à vous : il prend une colonne du fichier, une constante ou une expression. Corrigez la ligne.",
    ),
    "mapping.custom_write": (
        "{name} is a field of your own: `write` does not go with it. Remove `write`.",
        "{name} est un champ à vous : `write` ne va pas avec lui. Retirez `write`.",
    ),
    "mapping.custom_key": (
        "{name} cannot tell rows apart while it is no column. Run `pipeline field promote {table} NAME` first.",
        "{name} ne peut pas distinguer les lignes tant qu'il n'est pas une colonne. Lancez d'abord `pipeline field promote"
        " {table} NOM`.",
    ),
    "mapping.lookup": (
        "The look-up of {target} needs a table, the columns it is found by, and what is taken:"
        ' {{ lookup = {{ table = "…", by = {{ column = "File column" }}, take = "column" }} }}.',
        "La recherche de {target} demande une table, les colonnes par lesquelles on trouve, et ce qu'on prend :"
        ' {{ lookup = {{ table = "…", by = {{ colonne = "Colonne du fichier" }}, take = "colonne" }} }}.',
    ),
    "mapping.no_longer": (
        "The database has changed, and the mapping {mapping} does not fit it any more: {why}. Correct one or the other;"
        " the job then goes on by itself.",
        "La base a changé, et le modèle {mapping} ne lui convient plus : {why}. Corrigez l'un ou l'autre ; la tâche"
        " reprend alors d'elle-même.",
    ),
    "mapping.gone_table": ("the table {table} is gone", "la table {table} n'existe plus"),
    "mapping.gone_column": (
        "the column {column} of the table {table} is gone",
        "la colonne {column} de la table {table} n'existe plus",
    ),
    "mapping.gone_optional": (
        "the column {column} of the table {table} must be filled now, and the mapping does not fill it",
        "la colonne {column} de la table {table} doit maintenant être remplie, et le modèle ne la remplit pas",
    ),
    "mapping.gone_key": (
        "no key of the table {table} is among what the mapping fills; it has: {keys}",
        "aucune clé de la table {table} n'est parmi ce que le modèle remplit ; elle a : {keys}",
    ),
}
