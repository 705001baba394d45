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
        "The file has no column {column}. It has: {found}. Correct the file's header or the mapping.",
        "Le fichier n'a pas de colonne {column}. Il a : {found}. Corrigez l'en-tête du fichier ou le modèle.",
    ),
    "reading.missing_column_near": (
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
        ' Write the one that reads right under [read] in the mapping: `encoding = "{first}"` or `encoding = "{second}"`.',
        "L'encodage du fichier n'est pas certain. Lu en {first} : {one}. Lu en {second} : {two}."
        ' Écrivez celui qui se lit bien sous [read] dans le modèle : `encoding = "{first}"` ou `encoding = "{second}"`.',
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
    "reading.double_encoded": (
        "Column {column} holds letters like Ã©: its text was encoded twice before it was exported. Export it again.",
        "La colonne {column} contient des lettres comme Ã© : son texte a été encodé deux fois avant l'export."
        " Exportez-la à nouveau.",
    ),
    "reading.spoilt_codes": (
        "Column {column} holds codes like 3,01E+12: a spreadsheet has destroyed their last digits. Format the column"
        " as text and export again, or drop the workbook itself.",
        "La colonne {column} contient des codes comme 3,01E+12 : un tableur a détruit leurs derniers chiffres."
        " Mettez la colonne au format texte et exportez à nouveau, ou déposez le classeur lui-même.",
    ),
    "reading.cut_inside": (
        "The last record was cut short inside of a cell in quotes. Ask for the file again.",
        "Le dernier enregistrement est coupé dans une cellule entre guillemets. Redemandez le fichier.",
    ),
    "reading.not_aligned": (
        "The line is written across the columns of the others. Correct it, or state the places of the columns in the"
        " mapping.",
        "La ligne déborde des colonnes des autres. Corrigez-la, ou indiquez les places des colonnes dans le modèle.",
    ),
    "reading.unexpected": (
        "The file could not be read ({why}). Please report this with the file.",
        "Le fichier n'a pas pu être lu ({why}). Merci de signaler ce cas avec le fichier.",
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
    "reading.other_format": (
        "The name {name} promises something else: the file is {found} by its content, and was read as that.",
        "Le nom {name} annonce autre chose : d'après son contenu, le fichier est {found} et a été lu comme tel.",
    ),
    "reading.foreign": (
        "The file is of the kind {kind}, which holds no table that can be read. Send the table as CSV or XLSX.",
        "Le fichier est du type {kind}, qui ne contient pas de tableau lisible. Envoyez le tableau en CSV ou XLSX.",
    ),
    "reading.reader_died": (
        "Reading this file ended the reading process ({why}; it may use {limit} MB). Open it in its program and save"
        " it anew as XLSX or CSV, or send it in parts.",
        "La lecture de ce fichier a arrêté le processus de lecture ({why} ; il dispose de {limit} Mo). Ouvrez-le"
        " dans son programme et enregistrez-le à nouveau en XLSX ou CSV, ou envoyez-le en plusieurs parties.",
    ),
    "reading.reader_silent": (
        "Reading this file did not get on for {seconds} seconds and was stopped. Save it anew as XLSX or CSV,"
        " or send it in parts.",
        "La lecture de ce fichier n'avançait plus depuis {seconds} secondes et a été arrêtée. Enregistrez-le à"
        " nouveau en XLSX ou CSV, ou envoyez-le en plusieurs parties.",
    ),
    "reading.too_much_memory": (
        "Reading this file needs more than {limit} MB of memory. Send it in parts.",
        "La lecture de ce fichier demande plus de {limit} Mo de mémoire. Envoyez-le en plusieurs parties.",
    ),
    "reading.archive_size": (
        "More than {limit} MB come out of this archive. Send the files one by one.",
        "Cette archive contient plus de {limit} Mo. Envoyez les fichiers un par un.",
    ),
    "reading.archive_ratio": (
        "What comes out of this archive is more than {limit} times its size: this is how bombs are made."
        " Send the file as it is.",
        "Le contenu de cette archive dépasse {limit} fois sa taille, comme celui d'une bombe de décompression."
        " Envoyez le fichier tel quel.",
    ),
    "reading.archive_members": (
        "The archive holds {found} files; at most {limit} are read. Send several archives.",
        "L'archive contient {found} fichiers ; {limit} au plus sont lus. Envoyez plusieurs archives.",
    ),
    "reading.chained": (
        "The archive holds {found} files ({names}); they were read one after another.",
        "L'archive contient {found} fichiers ({names}) ; ils ont été lus l'un après l'autre.",
    ),
    "reading.in_member": (
        "{member}, line {member_line}: {said}",
        "{member}, ligne {member_line} : {said}",
    ),
    "reading.chained_columns": (
        "{name} in the archive has other columns than the first file. Expected: {expected}. Found: {found}."
        " Send it by itself.",
        "{name}, dans l'archive, a d'autres colonnes que le premier fichier. Attendu : {expected}. Trouvé : {found}."
        " Envoyez-le seul.",
    ),
    "reading.archive_empty": (
        "The archive holds no file. Ask its sender for it again.",
        "L'archive ne contient aucun fichier. Redemandez-la à son expéditeur.",
    ),
    "reading.archive_in_archive": (
        "There is an archive inside the archive. Send the inner one by itself.",
        "L'archive contient une autre archive. Envoyez celle-ci seule.",
    ),
    "reading.archive_overlap": (
        "Entries of the archive overlap at {name}: this is how bombs are made. Pack the files again.",
        "Des entrées de l'archive se chevauchent à {name}, comme dans une bombe de décompression. Refaites l'archive.",
    ),
    "reading.archive_path": (
        "The archive holds {name} with a path that leads out of it, or as a link. Pack the files again.",
        "L'archive contient {name} avec un chemin qui en sort, ou comme lien. Refaites l'archive.",
    ),
    "reading.archive_locked": (
        "{name} in the archive is locked with a password. Send it without one.",
        "{name} est protégé par un mot de passe dans l'archive. Envoyez-le sans mot de passe.",
    ),
    "reading.archive_cut": (
        "The archive ends too early: it was cut off on its way. Send it again.",
        "L'archive s'arrête trop tôt : elle a été coupée en route. Renvoyez-la.",
    ),
    "reading.archive_damaged": (
        "The archive is damaged ({why}). Send it again.",
        "L'archive est abîmée ({why}). Renvoyez-la.",
    ),
    "reading.unfinished": (
        "The end that a {kind} file has is missing; it may still be being written.",
        "Il manque la fin que possède un fichier {kind} ; il est peut-être encore en cours d'écriture.",
    ),
    "reading.no_sheet": (
        "The workbook has no sheet {sheet}. It has: {found}. Correct `sheet` under [read] in the mapping.",
        "Le classeur n'a pas de feuille {sheet}. Il a : {found}. Corrigez `sheet` sous [read] dans le modèle.",
    ),
    "reading.other_sheets": (
        "The sheet {sheet} was read; the workbook also has: {others}. Write `sheet` under [read] for another one.",
        "La feuille {sheet} a été lue ; le classeur a aussi : {others}. Écrivez `sheet` sous [read] pour une autre.",
    ),
    "reading.too_many_cells": (
        "The table stretches over {found} cells; at most {limit} are read. Delete what stands far from the table and save"
        " it again.",
        "Le tableau s'étend sur {found} cellules ; {limit} au plus sont lues. Supprimez ce qui est loin du tableau et"
        " enregistrez à nouveau.",
    ),
    "reading.workbook_locked": (
        "The workbook is locked with a password. Save it without one.",
        "Le classeur est protégé par un mot de passe. Enregistrez-le sans mot de passe.",
    ),
    "reading.workbook_damaged": (
        "The workbook cannot be read ({why}). Open it in its program and save it again as XLSX.",
        "Le classeur ne peut pas être lu ({why}). Ouvrez-le dans son programme et enregistrez-le à nouveau en XLSX.",
    ),
    "reading.marks_lost": (
        "Which cells of this {kind} workbook are errors, and which codes begin with zeros, could not be found out: errors"
        " come as blank cells, 00123 as 123. Save it anew as XLSX to be sure.",
        "Impossible de savoir quelles cellules de ce classeur {kind} sont des erreurs et quels codes commencent par des"
        " zéros : les erreurs arrivent vides, 00123 arrive en 123. Enregistrez-le en XLSX pour être sûr.",
    ),
    "reading.wrapped_lines": (
        "Each line stands in quotes as one single cell, as happens when a CSV file is saved as CSV once more. Export it"
        " again from where it comes from.",
        "Chaque ligne est entre guillemets comme une seule cellule, comme quand un fichier CSV est enregistré une seconde"
        " fois en CSV. Exportez-le à nouveau depuis son origine.",
    ),
    "reading.torn_numbers": (
        "The numbers of {column} are written with a comma, which also parts the fields: each row has more fields than the"
        " header. Export with semicolons, or with quotes around the numbers.",
        "Les nombres de {column} sont écrits avec une virgule, qui sépare aussi les champs : chaque ligne a plus de champs"
        " que l'en-tête. Exportez avec des points-virgules, ou avec des guillemets autour des nombres.",
    ),
    "reading.record_too_long": (
        "A record or cell is longer than {limit} MB. Export the file again.",
        "Un enregistrement ou une cellule dépasse {limit} Mo. Exportez à nouveau le fichier.",
    ),
    "reading.no_records": (
        "The file holds no record that can be read. Ask its sender for it again.",
        "Le fichier ne contient aucun enregistrement lisible. Redemandez-le à son expéditeur.",
    ),
    "reading.markup_damaged": (
        "The XML is damaged at line {line}, column {column} ({why}). Export it again.",
        "Le XML est abîmé ligne {line}, colonne {column} ({why}). Exportez-le à nouveau.",
    ),
    "reading.entities": (
        "The XML declares an entity of its own ({name}), which is refused: this is how bombs are made."
        " Export it without.",
        "Le XML déclare une entité ({name}), ce qui est refusé, car c'est ainsi que l'on fait des bombes."
        " Exportez-le sans.",
    ),
    "reading.no_record": (
        "The XML has no element {record}. It has: {found}. Correct `record` under [read] in the mapping.",
        "Le XML n'a pas d'élément {record}. Il a : {found}. Corrigez `record` sous [read] dans le modèle.",
    ),
    "reading.json_damaged": (
        "The JSON is damaged at line {line}, column {column} ({why}). Export it again.",
        "Le JSON est abîmé ligne {line}, colonne {column} ({why}). Exportez-le à nouveau.",
    ),
    "reading.json_line": (
        "The line is no JSON object (column {column}: {why}). Correct the line and drop it again.",
        "La ligne n'est pas un objet JSON (colonne {column} : {why}). Corrigez la ligne et déposez-la à nouveau.",
    ),
    "reading.json_no_path": (
        "The JSON has nothing at {path}. Correct `path` under [read] in the mapping.",
        "Le JSON n'a rien à {path}. Corrigez `path` sous [read] dans le modèle.",
    ),
    "reading.json_path": (
        "The records were taken from {path}. Write `path` under [read] for others.",
        "Les enregistrements ont été pris dans {path}. Écrivez `path` sous [read] pour d'autres.",
    ),
    "reading.xml_encoding": (
        "The XML says that it is UTF-8 and is not; it was read as {encoding}. Tell those who made it.",
        "Le XML dit être en UTF-8 et ne l'est pas ; il a été lu en {encoding}. Prévenez ceux qui l'ont produit.",
    ),
    "reading.second_table": (
        "From line {line} on stands another table, which was set aside. Send it in a file or a sheet of its own.",
        "À partir de la ligne {line} se trouve un autre tableau, mis de côté. Envoyez-le dans un fichier ou une feuille"
        " à part.",
    ),
    "reading.xml_mended": (
        "The XML has {count} signs & that are not written as XML wants it; they were read as they stand.",
        "Le XML a {count} signes & qui ne sont pas écrits comme le veut XML ; ils ont été lus tels quels.",
    ),
    "reading.bytes_mended": (
        "Some bytes meant nothing in the file's encoding; they were read as Windows-1252.",
        "Certains octets n'avaient pas de sens dans l'encodage du fichier ; ils ont été lus en Windows-1252.",
    ),
    "reading.no_html_table": (
        "The file is a web page without a table, perhaps one that says that a login is needed. Export it again.",
        "Le fichier est une page web sans tableau, peut-être une demande de connexion. Exportez-le à nouveau.",
    ),
    "reading.file_damaged": (
        "The {kind} file is damaged and cannot be read ({why}). Export it again.",
        "Le fichier {kind} est abîmé et ne peut pas être lu ({why}). Exportez-le à nouveau.",
    ),
    "reading.no_positions": (
        "Lines of fixed columns are read by their places, and the mapping states none."
        ' Write a section [read.columns] with lines like `code = "1-8"`.',
        "Les lignes à colonnes fixes se lisent par leurs places, et le modèle n'en donne aucune."
        ' Écrivez une section [read.columns] avec des lignes comme `code = "1-8"`.',
    ),
}
