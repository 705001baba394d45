"""Sentences about exports: in config and mapping, while writing, and what status says of them."""

TEXTS: dict[str, tuple[str, str]] = {
    # config
    "exports.same_name": (
        "There is an import named {name} already. Give the export another name.",
        "Un import s'appelle déjà {name}. Donnez un autre nom à l'export.",
    ),
    "exports.no_station": (
        'The name holds {name}, but no station is named. Add [station] with name = "…".',
        'Le nom contient {name}, mais aucune station n\'est nommée. Ajoutez [station] avec name = "…".',
    ),
    "exports.names_meet": (
        "Export {other} writes the same names into the same folder. Add {{job}} to the name, or choose another folder.",
        "L'export {other} écrit les mêmes noms dans le même dossier. Ajoutez {{job}} au nom ou choisissez un autre dossier.",
    ),
    "exports.only_changes": (
        'deletions needs what = "changes": only changes know what has gone. Add it, or leave deletions out.',
        'deletions a besoin de what = "changes" : seuls les changements savent ce qui a disparu. Ajoutez-le ou retirez deletions.',
    ),
    "exports.name_climbs": (
        "The name {template} would leave its folder. A name has no / or \\ and is not empty: put folders into `to`.",
        "Le nom {template} sortirait de son dossier. Un nom ne contient ni / ni \\ et n'est pas vide : mettez les dossiers dans `to`.",
    ),
    "exports.name_hidden": (
        "The name {name} looks hidden or unfinished, and readers overlook such files. Choose another name.",
        "Le nom {name} semble caché ou inachevé, et les lecteurs ignorent ces fichiers. Choisissez un autre nom.",
    ),
    "exports.name_long": (
        "The name {name} is longer than {most} bytes. Shorten it.",
        "Le nom {name} dépasse {most} octets. Raccourcissez-le.",
    ),
    "exports.companion": (
        'ready must hold {{name}} or {{stem}}, like "{{name}}.done" or "{{name}}.sha256", not {value}.',
        'ready doit contenir {{name}} ou {{stem}}, comme "{{name}}.done" ou "{{name}}.sha256", pas {value}.',
    ),
    # mapping
    "exports.both": (
        "{key} belongs to each file under [export.files.NAME] when there are several. Move it there.",
        "{key} se place dans chaque [export.files.NOM] quand il y a plusieurs fichiers. Déplacez-le.",
    ),
    "exports.part_columns": (
        "The file {name} needs its columns: add [export.files.{name}.columns].",
        "Le fichier {name} a besoin de ses colonnes : ajoutez [export.files.{name}.columns].",
    ),
    "exports.one_source": (
        'Column {column} needs exactly one of: a path like "order.number", value, sql, sum, count, lines.',
        'La colonne {column} demande exactement un de : un chemin comme "order.number", value, sql, sum, count, lines.',
    ),
    "exports.sum": (
        'sum must name a number of another table, like "sales_order_line.net_amount", not {value}.',
        'sum doit nommer un nombre d\'une autre table, comme "sales_order_line.net_amount", pas {value}.',
    ),
    "exports.lines": (
        'lines of {table} needs columns = ["…"]: what of each line is written?',
        'lines de {table} a besoin de columns = ["…"] : que faut-il écrire de chaque ligne ?',
    ),
    "exports.truth": (
        'truth must be two different texts, like ["yes", "no"].',
        'truth doit être deux textes différents, comme ["oui", "non"].',
    ),
    "exports.no_columns": (
        "Nothing says which columns to write. Add [export.columns], or [fields] as for an import.",
        "Rien ne dit quelles colonnes écrire. Ajoutez [export.columns], ou [fields] comme pour un import.",
    ),
    "exports.no_table": (
        'Nothing says which table to write. Add table = "…" under [export].',
        'Rien ne dit quelle table écrire. Ajoutez table = "…" sous [export].',
    ),
    "exports.no_reference": (
        "{column} of {table} does not lead to another table. References there: {known}.",
        "{column} de {table} ne mène pas à une autre table. Références : {known}.",
    ),
    "exports.no_link": (
        "{other} must point to {table} by exactly one column. It does by: {known}.",
        "{other} doit pointer vers {table} par une seule colonne. Elle le fait par : {known}.",
    ),
    "exports.not_among": (
        "There is no column {column} among those of this mapping. Correct it, or write [export.columns].",
        "Ce modèle n'a pas de colonne {column}. Corrigez-la ou écrivez [export.columns].",
    ),
    "exports.not_import": (
        "This mapping only says how to write files. An import needs table and [fields] in it.",
        "Ce modèle dit seulement comment écrire des fichiers. Un import y demande table et [fields].",
    ),
    "exports.no_this": (
        'this.{name} has no meaning in an export: write the column in quotes, "{name}".',
        'this.{name} n\'a pas de sens dans un export : écrivez la colonne entre guillemets, "{name}".',
    ),
    # what does not come back
    "exports.back_where": (
        'Not reversible: rows that `where` sets aside on import are written all the same. Say [export] where = "…".',
        'Non réversible : les lignes que `where` écarte à l\'import sont écrites quand même. Indiquez [export] where = "…".',
    ),
    "exports.back_section": (
        "Not reversible: {key} computes on import, and is not undone on export.",
        "Non réversible : {key} calcule à l'import et n'est pas défait à l'export.",
    ),
    "exports.back_apart": (
        "Not reversible: section {section} has no place on the lines of this file and is not written. A file of its "
        "own can hold it: [export.files.{section}].",
        "Non réversible : la section {section} n'a pas de place sur les lignes de ce fichier et n'est pas écrite. Un "
        "fichier à elle peut la contenir : [export.files.{section}].",
    ),
    "exports.back_sql": (
        "Not reversible: {target} is computed from the file and is not written. Say how under [export.columns].",
        "Non réversible : {target} est calculé à partir du fichier et n'est pas écrit. Dites comment sous [export.columns].",
    ),
    "exports.back_file": (
        "Not reversible: {target} comes from the file's name or folder and is not written.",
        "Non réversible : {target} vient du nom ou du dossier du fichier et n'est pas écrit.",
    ),
    "exports.back_column": (
        "Not reversible: column {column} fills two fields; on export {target} is not written.",
        "Non réversible : la colonne {column} remplit deux champs ; à l'export, {target} n'est pas écrit.",
    ),
    "exports.back_list": (
        "Not reversible: several texts mean the same in the list of {target}; the first is written.",
        "Non réversible : plusieurs textes ont le même sens dans la liste de {target} ; le premier est écrit.",
    ),
    "exports.back_default": (
        "Not reversible: an empty {target} is written as nothing, and would come back as {value}.",
        "Non réversible : un {target} vide s'écrit sans rien et reviendrait comme {value}.",
    ),
    # writing
    "exports.cell": (
        "{column} holds {value}, which cannot be written: {why} Nothing was written.",
        "{column} contient {value}, qui ne peut être écrit : {why} Rien n'a été écrit.",
    ),
    "exports.why_list": (
        'it is not in the value list. Add it to the mapping, or other = "keep".',
        'il n\'est pas dans la liste de valeurs. Ajoutez-le au modèle, ou other = "keep".',
    ),
    "exports.why_separator": (
        "it holds the separator or a line end, and this format has no quotes.",
        "il contient le séparateur ou une fin de ligne, et ce format n'a pas de guillemets.",
    ),
    "exports.why_wide": (
        "it is longer than its {width} characters.",
        "il dépasse ses {width} caractères.",
    ),
    "exports.why_line_end": (
        "it holds a line end, and a line of fixed columns cannot.",
        "il contient une fin de ligne, ce qu'une ligne à colonnes fixes ne peut pas.",
    ),
    "exports.why_control": (
        "it holds a control character, which XML cannot.",
        "il contient un caractère de contrôle, ce que XML ne peut pas.",
    ),
    "exports.why_sheet": (
        "a cell of a workbook holds 32,767 characters at most.",
        "une cellule de classeur contient au plus 32 767 caractères.",
    ),
    "exports.why_date": (
        "a workbook has no dates before 1900.",
        "un classeur n'a pas de dates avant 1900.",
    ),
    "exports.why_computed": (
        "the expression has no result for it.",
        "l'expression n'a pas de résultat pour elle.",
    ),
    "exports.letter": (
        'The letter {letter} ({name}) does not exist in {encoding}: "{text}". Choose encoding = "utf-8", or say '
        'unencodable = "transliterate" or "replace". Nothing was written.',
        'La lettre {letter} ({name}) n\'existe pas en {encoding} : "{text}". Choisissez encoding = "utf-8", ou dites '
        'unencodable = "transliterate" ou "replace". Rien n\'a été écrit.',
    ),
    "exports.many_rows": (
        "There are more rows than a sheet can hold ({most}). Use CSV, or choose fewer rows. Nothing was written.",
        "Il y a plus de lignes qu'une feuille n'en contient ({most}). Utilisez CSV ou choisissez moins de lignes. Rien n'a été écrit.",
    ),
    "exports.xml_name": (
        "{column} cannot be the name of an XML element. Name the column with letters, digits, - and _ only.",
        "{column} ne peut nommer un élément XML. N'employez que lettres, chiffres, - et _.",
    ),
    "exports.no_positions": (
        'Lines of fixed columns need [write.columns], like code = "1-8", for each column; {column} has none.',
        'Des lignes à colonnes fixes demandent [write.columns], comme code = "1-8", pour chaque colonne ; {column} n\'en a pas.',
    ),
    "exports.no_xlsx": (
        "Writing a workbook needs xlsxwriter, which is not installed. Install it, or use CSV.",
        "Écrire un classeur demande xlsxwriter, qui n'est pas installé. Installez-le ou utilisez CSV.",
    ),
    "exports.odd_value": (
        "The database holds a value of another kind than its column: {why}. Correct it there; nothing was written.",
        "La base contient une valeur d'un autre genre que sa colonne : {why}. Corrigez-la ; rien n'a été écrit.",
    ),
    # outbox
    "exports.outbox_gone": (
        "The folder {path} is not there. Make it, or mount what it lies on; the export is tried again.",
        "Le dossier {path} n'existe pas. Créez-le ou montez son support ; l'export sera retenté.",
    ),
    "exports.mount_lost": (
        "The folder {path} used to lie on {mount}, which is not mounted now. Mount it; the export is tried again.",
        "Le dossier {path} se trouvait sur {mount}, qui n'est plus monté. Montez-le ; l'export sera retenté.",
    ),
    "exports.name_taken": (
        "{path} is there already and holds something else. Nothing is written over it: let it be taken away, or add "
        "{{sequence}} to the name.",
        "{path} existe déjà avec un autre contenu. Rien n'est écrasé : attendez qu'il soit pris, ou ajoutez "
        "{{sequence}} au nom.",
    ),
    "exports.busy": (
        "Export {job} is being written by another process.",
        "L'export {job} est en cours dans un autre processus.",
    ),
    "exports.lost_bytes": (
        "{path} and its kept copy {kept} are gone or were changed before the export was finished. Run the export "
        "again; its number {sequence} was not delivered.",
        "{path} et sa copie gardée {kept} ont disparu ou changé avant la fin de l'export. Relancez-le ; son numéro "
        "{sequence} n'a pas été livré.",
    ),
    "exports.kept_gone": (
        "The kept copy {path} of export {id} is gone or was changed: it cannot be written again.",
        "La copie gardée {path} de l'export {id} a disparu ou changé : il ne peut être réécrit.",
    ),
    "exports.kept_over": (
        "The copy of {name} (number {id}) was deleted, as keep_days says; it cannot be written again.",
        "La copie de {name} (numéro {id}) a été supprimée, comme le dit keep_days ; elle ne peut plus être réécrite.",
    ),
    "exports.not_deleted": (
        "The export is written, but its old copies could not be deleted: {path}: {why}. It is tried again next time.",
        "L'export est écrit, mais ses anciennes copies n'ont pas pu être supprimées : {path} : {why}. Nouvel essai la prochaine fois.",
    ),
    "exports.not_recorded": (
        "Changes of {table} are not recorded here, so what changed cannot be told. Import into it once with "
        'Pipeline, or use what = "all".',
        "Les changements de {table} ne sont pas enregistrés ici. Importez-y une fois avec Pipeline, ou utilisez "
        'what = "all".',
    ),
    "exports.needs_date": (
        'what = "period" needs [export] date = "…" in the mapping: which column says when a row was?',
        'what = "period" a besoin de [export] date = "…" dans le modèle : quelle colonne date une ligne ?',
    ),
    "exports.needs_mark": (
        'deletions = "mark" needs [export] mark = "…" in the mapping: the column that says a row is gone.',
        'deletions = "mark" a besoin de [export] mark = "…" dans le modèle : la colonne qui dit qu\'une ligne a disparu.',
    ),
    "exports.waits_for": (
        "Changes of {seconds} s ago are not written yet: a transaction is still open in the database.",
        "Les changements d'il y a {seconds} s ne sont pas encore écrits : une transaction reste ouverte dans la base.",
    ),
    "exports.written": (
        "{name}: {rows} rows written to {path}.",
        "{name} : {rows} lignes écrites dans {path}.",
    ),
    "exports.nothing": (
        "Export {job} has nothing to write.",
        "L'export {job} n'a rien à écrire.",
    ),
    "exports.why_exported": (
        "{name} was written by export {job} (number {id}) on {when}: {rows} rows, at {path}.",
        "{name} a été écrit par l'export {job} (numéro {id}) le {when} : {rows} lignes, dans {path}.",
    ),
    "exports.why_unpublished": (
        "{name} of export {job} (number {id}) is written and waits to appear in {path}.",
        "{name} de l'export {job} (numéro {id}) est écrit et attend d'apparaître dans {path}.",
    ),
    "exports.try_remedy": (
        "`pipeline replay {id}` writes it again.",
        "`pipeline replay {id}` le réécrit.",
    ),
    "exports.revision": (
        "Revision {revision} of {period}: {added} rows more, {gone} rows less than revision {before}.",
        "Révision {revision} de {period} : {added} lignes de plus, {gone} de moins que la révision {before}.",
    ),
    "exports.tried": (
        "{job} would write {files} file(s), {rows} rows. The first:",
        "{job} écrirait {files} fichier(s), {rows} lignes. Les premières :",
    ),
    "exports.only": (
        "{name} has no rows: the mapping writes only those with {what}.",
        "{name} n'a aucune ligne : le modèle n'écrit que celles avec {what}.",
    ),
    "exports.not_written": (
        "{path} cannot be written: {why}. Nothing was written; mend that and ask again.",
        "{path} ne peut pas être écrit : {why}. Rien n'a été écrit ; réglez cela et redemandez.",
    ),
    "exports.exists": (
        "{path} is there already. Nothing is written over it: choose another name.",
        "{path} existe déjà. Rien n'est écrasé : choisissez un autre nom.",
    ),
    "exports.several_files": (
        "Mapping {mapping} writes several files; `pipeline export` writes one. Make an [exports.NAME] of it.",
        "Le modèle {mapping} écrit plusieurs fichiers ; `pipeline export` en écrit un. Faites-en un [exports.NOM].",
    ),
    "exports.no_export": (
        "There is no export named {job}. Known: {known}.",
        "Aucun export ne s'appelle {job}. Connus : {known}.",
    ),
    "exports.period_words": (
        "The period must be from one day to a later one, like --from 2026-01-01 --to 2026-01-31.",
        "La période doit aller d'un jour à un jour ultérieur, comme --from 2026-01-01 --to 2026-01-31.",
    ),
}
