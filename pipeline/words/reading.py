"""What reading a file says."""

TEXTS: dict[str, tuple[str, str]] = {
    "reading.empty": (
        "The file is empty. Ask its sender for it again.",
        "Le fichier est vide. Redemandez-le à son expéditeur.",
    ),
    "reading.no_header": (
        "The file has no header line: it holds nothing but blank lines."
        " Write the column names in its first line.",
        "Le fichier n'a pas de ligne d'en-tête : il ne contient que des lignes vides. Écrivez les noms des"
        " colonnes en première ligne.",
    ),
    "reading.unknown_encoding": (
        "There is no encoding named {encoding}. Correct `encoding` under [read] in the mapping"
        " (for example utf-8, cp1252, iso8859-15), or leave it out.",
        "Aucun encodage ne s'appelle {encoding}. Corrigez `encoding` sous [read] dans le modèle"
        " (par exemple utf-8, cp1252, iso8859-15), ou retirez-le.",
    ),
    "reading.undecodable": (
        "The file is not written in {encoding}: near line {line} stand bytes that mean nothing in it."
        " Correct or leave out `encoding` under [read] in the mapping.",
        "Le fichier n'est pas écrit en {encoding} : près de la ligne {line}, des octets n'y ont pas de sens."
        " Corrigez ou retirez `encoding` sous [read] dans le modèle.",
    ),
    "reading.missing_column": (
        "The file has no column {column}. It has: {found}. Nearest: {near}."
        " Correct the file's header or the mapping.",
        "Le fichier n'a pas de colonne {column}. Il a : {found}. La plus proche : {near}."
        " Corrigez l'en-tête du fichier ou le modèle.",
    ),
    "reading.duplicate_column": (
        "Column {column} stands twice in the header, so it cannot be known which one is meant."
        " Rename one of them.",
        "La colonne {column} figure deux fois dans l'en-tête : impossible de savoir laquelle est la bonne."
        " Renommez-en une.",
    ),
    "reading.line_too_long": (
        "Line {line} is longer than {limit} bytes, so this is no table of lines. Export the file again.",
        "La ligne {line} dépasse {limit} octets : ce n'est pas un tableau en lignes."
        " Exportez à nouveau le fichier.",
    ),
    "reading.too_many_columns": (
        "The header has {found} columns; at most {limit} are read. Export the file with fewer columns.",
        "L'en-tête a {found} colonnes ; {limit} au plus sont lues."
        " Exportez le fichier avec moins de colonnes.",
    ),
    "reading.bad_option": (
        "{option} under [read] must be one character, not {value}. Correct the mapping.",
        "{option} sous [read] doit être un seul caractère, pas {value}. Corrigez le modèle.",
    ),
    "reading.unbalanced": (
        "Near line {line} the records read do not add up to the lines of the file; nothing was loaded."
        " Please report this with the file.",
        "Près de la ligne {line}, les enregistrements lus ne correspondent pas aux lignes du fichier ;"
        " rien n'a été chargé. Merci de signaler ce cas avec le fichier.",
    ),
    "reading.ragged": (
        "The line has {found} fields where the header has {expected}. Correct the line and drop it again.",
        "La ligne a {found} champs, l'en-tête en a {expected}. Corrigez la ligne et déposez-la à nouveau.",
    ),
    "reading.nul": (
        "The line holds NUL bytes, as a crash or a cut transfer leaves them. Export it again.",
        "La ligne contient des octets NUL, comme en laisse une panne ou un transfert coupé."
        " Exportez-la à nouveau.",
    ),
    "reading.encoding_unsure": (
        "The encoding of the file cannot be told for certain. Read as {first}: {one}. Read as {second}: {two}."
        " Write the right one as `encoding` under [read] in the mapping.",
        "L'encodage du fichier n'est pas certain. Lu en {first} : {one}. Lu en {second} : {two}."
        " Écrivez le bon comme `encoding` sous [read] dans le modèle.",
    ),
    "reading.stray_quote": (
        "A quote stands where none may stand, and the line has no one plain reading. Correct the line.",
        "Un guillemet est mal placé et la ligne ne se lit pas d'une seule façon. Corrigez la ligne.",
    ),
    "reading.bad_bytes": (
        "The line holds bytes that mean nothing in the file's encoding. Export it again.",
        "La ligne contient des octets sans signification dans l'encodage du fichier. Exportez-la à nouveau.",
    ),
    "reading.cut": (
        "The last line was cut short: {found} of {expected} fields and no line end. Ask for the file again.",
        "La dernière ligne est coupée : {found} champs sur {expected} et pas de fin de ligne. Redemandez le fichier.",
    ),
    "reading.total_differs": (
        "The total in line {line} is not the sum of the rows above it. Compare it with its source.",
        "Le total de la ligne {line} n'est pas la somme des lignes au-dessus. Comparez-le avec sa source.",
    ),
    "reading.no_final_newline": (
        "The last line of the file has no line end; it may still be being written.",
        "La dernière ligne du fichier n'a pas de fin de ligne ; il est peut-être encore en cours d'écriture.",
    ),
    "reading.last_row_short": (
        "The last line has {found} of {expected} fields and no line end: the file looks cut off.",
        "La dernière ligne a {found} champs sur {expected} et pas de fin de ligne : le fichier semble coupé.",
    ),
    "reading.nul_tail": (
        "The file ends in NUL bytes: its writing was cut off by a crash, or has not finished.",
        "Le fichier se termine par des octets NUL : son écriture a été coupée par une panne,"
        " ou n'est pas finie.",
    ),
}
