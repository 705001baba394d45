"""Sentences of the room `mapping.expressions`."""

TEXTS: dict[str, tuple[str, str]] = {
    "expressions.too_long": (
        "The expression is longer than {limit} characters. Shorten it, or divide it over several fields.",
        "L'expression dépasse {limit} caractères. Raccourcissez-la, ou répartissez-la sur plusieurs champs.",
    ),
    "expressions.too_many": (
        "The expression has more than {limit} parts. Divide it over several fields and use this.field.",
        "L'expression a plus de {limit} parties. Répartissez-la sur plusieurs champs et utilisez this.champ.",
    ),
    "expressions.too_deep": (
        "The expression is nested more than {limit} deep. Divide it over several fields and use this.field.",
        "L'expression est imbriquée sur plus de {limit} niveaux. Répartissez-la sur plusieurs champs et utilisez this.champ.",
    ),
    "expressions.syntax": (
        "This is no complete expression, near {near}. Look for a missing bracket, quote or comma.",
        "Ceci n'est pas une expression complète, près de {near}. Cherchez une parenthèse, un guillemet ou une virgule manquante.",
    ),
    "expressions.blank": (
        "The expression is empty. Write one, or remove the line.",
        "L'expression est vide. Écrivez-en une, ou retirez la ligne.",
    ),
    "expressions.one": (
        "Write one expression, without a semicolon and without SELECT or FROM.",
        "Écrivez une seule expression, sans point-virgule, sans SELECT ni FROM.",
    ),
    "expressions.unknown": (
        "{name} is not part of mapping expressions. docs/expressions.md lists what is.",
        "{name} ne fait pas partie des expressions. docs/expressions.md donne la liste.",
    ),
    "expressions.unknown_near": (
        "{name} is not part of mapping expressions. Did you mean {near}?",
        "{name} ne fait pas partie des expressions. Vouliez-vous dire {near} ?",
    ),
    "expressions.not_here": (
        "{what} is not part of mapping expressions. Write it more simply; docs/expressions.md lists what there is.",
        "{what} ne fait pas partie des expressions. Écrivez plus simplement ; docs/expressions.md donne la liste.",
    ),
    "expressions.number": (
        "{number} cannot be used: at most 15 digits before the point and 12 after it. Write it shorter.",
        "{number} ne convient pas : au plus 15 chiffres avant le point et 12 après. Raccourcissez-le.",
    ),
    "expressions.bare": (
        "{name}: put a file column in \"double quotes\", a text in 'single quotes', and write another field as this.name.",
        "{name} : mettez une colonne du fichier entre \"guillemets doubles\", un texte entre 'apostrophes', et un autre champ sous la forme this.nom.",
    ),
    "expressions.is": (
        "IS is followed by NULL or NOT NULL. Compare with = instead.",
        "IS est suivi de NULL ou NOT NULL. Sinon comparez avec =.",
    ),
    "expressions.span": (
        "An interval is a whole number of days, weeks, months or years: INTERVAL '3 months'. Write it so.",
        "Un intervalle est un nombre entier de days, weeks, months ou years : INTERVAL '3 months'. Écrivez-le ainsi.",
    ),
    "expressions.span_place": (
        "An interval can only be added to a date or taken from it. Move it there.",
        "Un intervalle ne peut qu'être ajouté à une date ou en être retiré. Placez-le ainsi.",
    ),
    "expressions.count": (
        "{function} takes {least} to {most} values. Correct their number.",
        "{function} prend {least} à {most} valeurs. Corrigez leur nombre.",
    ),
    "expressions.no_field": (
        "There is no field {name} that could be used here. Fields: {known}. Correct the name after this.",
        "Aucun champ {name} n'est utilisable ici. Champs : {known}. Corrigez le nom après this.",
    ),
    "expressions.circle": (
        "The field {name} is computed from itself. Write one of the two with file columns only.",
        "Le champ {name} est calculé à partir de lui-même. Écrivez l'un des deux avec des colonnes du fichier seulement.",
    ),
    "expressions.text_number": (
        "'{text}' is no number, and {place} needs one. Write a number without quotes.",
        "'{text}' n'est pas un nombre, et {place} en demande un. Écrivez un nombre sans apostrophes.",
    ),
    "expressions.kind": (
        "{place} needs {wanted} here, not {found}. Change it; CASE WHEN … THEN … END turns a condition into a value.",
        "{place} demande ici {wanted}, et non {found}. Changez-le ; CASE WHEN … THEN … END fait d'une condition une valeur.",
    ),
    "expressions.whole": (
        "{place} needs a whole number here, written out, from {least} to {most}.",
        "{place} demande ici un nombre entier, écrit en clair, de {least} à {most}.",
    ),
    "expressions.written": (
        "{place} needs a text here, written out in 'single quotes'.",
        "{place} demande ici un texte, écrit en clair entre 'apostrophes'.",
    ),
    "expressions.pattern": (
        "The pattern {pattern} cannot be used ({why}). At most 200 characters, repeats up to 100, no look-around.",
        "Le motif {pattern} ne convient pas ({why}). Au plus 200 caractères, répétitions jusqu'à 100, sans assertion avant ou arrière.",
    ),
    "expressions.like": (
        "The pattern of LIKE ends in a backslash. Write two of them for one.",
        "Le motif de LIKE se termine par une barre oblique inverse. Écrivez-en deux pour une.",
    ),
    "expressions.split": (
        "SPLIT_PART needs a text to split at and a part from 1, or from -1 counted from the end.",
        "SPLIT_PART demande un texte séparateur et une partie à partir de 1, ou de -1 en comptant depuis la fin.",
    ),
    "expressions.flags": (
        "REGEXP_REPLACE knows 'g' (every place) and 'i' (large and small letters alike). Write one or both.",
        "REGEXP_REPLACE connaît 'g' (partout) et 'i' (majuscules et minuscules confondues). Écrivez l'un ou les deux.",
    ),
    "expressions.unit": (
        "{unit} is no part of a date that can be used here. Write one of: {known}.",
        "{unit} n'est pas une partie de date utilisable ici. Écrivez l'une de : {known}.",
    ),
    "expressions.condition": (
        '`where` needs a condition, for example "Paid at" IS NOT NULL.',
        '`where` demande une condition, par exemple "Paid at" IS NOT NULL.',
    ),
    "expressions.where_fields": (
        '`where` looks at the file\'s columns, not at fields. Write the column in "double quotes".',
        '`where` regarde les colonnes du fichier, pas les champs. Écrivez la colonne entre "guillemets doubles".',
    ),
    "expressions.into": (
        "{target} cannot be filled with yes or no. Write CASE WHEN … THEN … END.",
        "{target} ne peut pas être rempli par oui ou non. Écrivez CASE WHEN … THEN … END.",
    ),
    "expressions.zero": (
        "{target}: this row divides by zero. Correct the cell, or write NULLIF(…, 0) in the mapping.",
        "{target} : cette ligne divise par zéro. Corrigez la cellule, ou écrivez NULLIF(…, 0) dans le modèle.",
    ),
    "expressions.too_big": (
        "{target}: a number in the calculation is too big; it must be below 1,000,000,000,000,000. Correct the cell.",
        "{target} : un nombre du calcul est trop grand ; il doit être inférieur à 1 000 000 000 000 000. Corrigez la cellule.",
    ),
    "expressions.too_fine": (
        "{target}: a number in the calculation has more decimals than can be kept exactly. Write ROUND(…) around it.",
        "{target} : un nombre du calcul a plus de décimales qu'on ne peut en garder exactement. Entourez-le de ROUND(…).",
    ),
    "expressions.not_number": (
        "{target}: the calculation needs a number, and this is none (at most 15 digits, 6 decimals; 1,234 needs"
        " `decimal` in the mapping). Correct the cell.",
        "{target} : le calcul demande un nombre, et ceci n'en est pas un (au plus 15 chiffres, 6 décimales ; 1,234"
        " demande `decimal` dans le modèle). Corrigez la cellule.",
    ),
    "expressions.not_date": (
        "{target}: a date is needed here, and this is none. Correct the cell, or write date(…, '%d/%m/%Y') in the mapping.",
        "{target} : il faut ici une date, et ceci n'en est pas une. Corrigez la cellule, ou écrivez date(…, '%d/%m/%Y') dans le modèle.",
    ),
    "expressions.far_date": (
        "{target}: the date lies before the year 1 or after 9999. Correct the cell.",
        "{target} : la date est avant l'an 1 ou après 9999. Corrigez la cellule.",
    ),
    "expressions.long_text": (
        "{target}: the text becomes longer than 10,000 characters. Shorten the cell.",
        "{target} : le texte dépasse 10 000 caractères. Raccourcissez la cellule.",
    ),
    "expressions.lookup": (
        "LOOKUP takes a table, the column that is taken, then pairs of a column and a file column or text:"
        " lookup('product_variant', 'cost_price', 'sku', \"SKU\").",
        "LOOKUP prend une table, la colonne à prendre, puis des paires d'une colonne et d'une colonne du fichier ou d'un texte :"
        " lookup('product_variant', 'cost_price', 'sku', \"SKU\").",
    ),
}
