"""Sentences of the room `guessing`."""

TEXTS: dict[str, tuple[str, str]] = {
    "guessing.name": ("the name says it", "le nom le dit"),
    "guessing.name_values": (
        "the name says it, and the values look like it",
        "le nom le dit, et les valeurs y ressemblent",
    ),
    "guessing.typo": ("the name nearly says it", "le nom le dit presque"),
    "guessing.values": ("only the values look like it", "seules les valeurs y ressemblent"),
    "guessing.elsewhere": (
        "so named in another system's export",
        "ainsi nommé dans l'export d'un autre logiciel",
    ),
    "guessing.layout": ("this is the export {layout} of {system}", "c'est l'export {layout} de {system}"),
    "guessing.preset": (
        "this is the export {layout} of {system}, for which there is the ready mapping {preset}",
        "c'est l'export {layout} de {system}, pour lequel il y a le modèle tout fait {preset}",
    ),
    "guessing.ready": (
        "There is a ready mapping for this file, {preset}: {purpose} --save NAME writes it.",
        "Il y a un modèle tout fait pour ce fichier, {preset} : {purpose} --save NOM l'écrit.",
    ),
    "guessing.from_preset": (
        "The ready mapping {preset}. Read it through before you use it; it is yours to change.",
        "Le modèle tout fait {preset}. Relisez-le avant de l'utiliser ; vous pouvez le changer.",
    ),
    "guessing.no_preset": (
        "There is no ready mapping {preset}; there are: {known}.",
        "Il n'y a pas de modèle tout fait {preset} ; il y a : {known}.",
    ),
    "guessing.preset_head": ("ready mapping", "modèle tout fait"),
    "guessing.way": ("to", "sert à"),
    "guessing.way.import": ("import", "importer"),
    "guessing.way.export": ("export", "exporter"),
    "guessing.purpose": ("for", "pour"),
    "guessing.made_from": ("made from, or for", "fait d'après, ou pour"),
    "guessing.mapping": ("your mapping {mapping} says so", "votre modèle {mapping} le dit"),
    "guessing.taken": ("{field} has another column already", "{field} a déjà une autre colonne"),
    "guessing.unlike": (
        "the name would say {field}, but the values do not fit it",
        "le nom dirait {field}, mais les valeurs n'y conviennent pas",
    ),
    "guessing.nothing": ("nothing in the database fits it", "rien dans la base n'y correspond"),
    "guessing.no_table": (
        "the file is about something that no table holds",
        "le fichier parle de quelque chose qu'aucune table ne contient",
    ),
    "guessing.too_little": (
        "too few of the columns are understood to say what the file is about",
        "trop peu de colonnes sont comprises pour dire de quoi parle le fichier",
    ),
    "guessing.reference": (
        "{field} is a link to another table; a mapping of one table cannot write it yet",
        "{field} est un lien vers une autre table ; un modèle d'une seule table ne peut pas encore l'écrire",
    ),
    "guessing.other_table": (
        "it would be {field}, and this mapping writes {table} only",
        "ce serait {field}, et ce modèle n'écrit que {table}",
    ),
    "guessing.varies": (
        "{column} is not the same on all rows of one document, so it is no field of the whole",
        "{column} n'est pas la même sur toutes les lignes d'une pièce, ce n'est donc pas un champ de l'ensemble",
    ),
    "guessing.no_rows": (
        "it would be {field}, but the file has nothing that tells those rows apart, or this mapping does not write them",
        "ce serait {field}, mais rien dans le fichier ne distingue ces lignes, ou ce modèle ne les écrit pas",
    ),
    "guessing.twice": (
        "two columns of the file have the name {column}",
        "deux colonnes du fichier portent le nom {column}",
    ),
    "guessing.stand_in": (
        "the file has no code: the e-mail stands for it, so whoever changes it becomes a second one",
        "le fichier n'a pas de code : l'e-mail en tient lieu, donc qui en change devient un second client",
    ),
    "guessing.head": (
        "Proposed from a file, for: {table}. Read it through before you use it.",
        "Proposé d'après un fichier, pour : {table}. Relisez-le avant de l'utiliser.",
    ),
    "guessing.left": ("Columns of the file that are not used:", "Colonnes du fichier qui ne servent pas :"),
    "guessing.no_key": (
        "No mapping was saved: rows of the table {table} are told apart by {keys}, and the file has no column for {missing}.",
        "Aucun modèle n'a été enregistré : les lignes de la table {table} se distinguent par {keys}, et le fichier n'a pas"
        " de colonne pour {missing}.",
    ),
    "guessing.no_guess": (
        "No mapping was saved: nothing in the file {file} was understood. Name the table with --table.",
        "Aucun modèle n'a été enregistré : rien n'a été compris dans le fichier {file}. Nommez la table avec --table.",
    ),
    "guessing.exists": (
        "There is a mapping {name} already; nothing was changed. Choose another name.",
        "Il y a déjà un modèle {name} ; rien n'a été changé. Choisissez un autre nom.",
    ),
    "guessing.bad_name": (
        "{name} cannot be a mapping's name. Use letters, digits, hyphens and underscores.",
        "{name} ne peut pas être le nom d'un modèle. Utilisez des lettres, chiffres, traits d'union et soulignés.",
    ),
    "guessing.saved": (
        'Saved as {file}. Read it through, then name it in a job of config.toml: mapping = "{name}".',
        'Enregistré dans {file}. Relisez-le, puis nommez-le dans un import de config.toml : mapping = "{name}".',
    ),
    "guessing.no_mapping": (
        "There is no mapping {name}; there are: {known}.",
        "Il n'y a pas de modèle {name} ; il y a : {known}.",
    ),
    "guessing.no_such_table": (
        "The database has no table {table}; it has: {known}.",
        "La base n'a pas de table {table} ; elle a : {known}.",
    ),
    "guessing.column": ("column", "colonne"),
    "guessing.field": ("goes to", "va vers"),
    "guessing.sure": ("sure", "certitude"),
    "guessing.because": ("because", "parce que"),
    "guessing.examples": ("for example", "par exemple"),
    "guessing.billing": ("billing", "facturation"),
    "guessing.shipping": ("delivery", "livraison"),
    "guessing.job": ("used by", "utilisé par"),
    "guessing.table": ("table", "table"),
    "guessing.fields": ("fields", "champs"),
    "guessing.mistakes": ("mistakes", "erreurs"),
    "guessing.mapping_head": ("mapping", "modèle"),
    "guessing.blank": (
        "Take the `# ` away before the lines you need, and write the file's column between the quotes.",
        "Retirez le `# ` devant les lignes utiles, et écrivez la colonne du fichier entre les guillemets.",
    ),
    "guessing.new_what": (
        "Say what the mapping is for: --from FILE, --preset PRESET, or --table TABLE. `pipeline mapping presets` lists the ready ones.",
        "Dites à quoi sert le modèle : --from FICHIER, --preset MODÈLE, ou --table TABLE. `pipeline mapping presets` donne les modèles tout faits.",
    ),
    "guessing.unused": ("no job", "aucun import"),
    "guessing.example_good": (
        "{mapping}: {file}: {rows} rows, as they should be.",
        "{mapping} : {file} : {rows} lignes, comme il faut.",
    ),
    "guessing.example_bad": ("{mapping}: {file}: {why}", "{mapping} : {file} : {why}"),
    "guessing.no_examples": (
        "{mapping}: no mistakes. Put example files into {folder} and they are tried here too.",
        "{mapping} : aucune erreur. Mettez des fichiers d'exemple dans {folder} et ils seront essayés ici aussi.",
    ),
    "guessing.refused": (
        "line {line} would be refused, column {column}, value {value}: {why}",
        "la ligne {line} serait refusée, colonne {column}, valeur {value} : {why}",
    ),
    "guessing.not_refused": (
        "line {line} should be refused and is taken",
        "la ligne {line} devrait être refusée et est prise",
    ),
    "guessing.count_differs": (
        "{expected} rows should come of it, and {found} do",
        "il devrait en venir {expected} lignes, et il en vient {found}",
    ),
    "guessing.differs": (
        "row {row}: {column} should be {expected} and is {found}",
        "ligne {row} : {column} devrait être {expected} et est {found}",
    ),
    "guessing.bad_answer": ("{file} is no JSON: {why}", "{file} n'est pas du JSON : {why}"),
    "guessing.answer_shape": (
        'the answer must be a list of rows, or {{"rows": […], "refused": [lines]}}',
        'la réponse doit être une liste de lignes, ou {{"rows": […], "refused": [lignes]}}',
    ),
    "guessing.no_such_column": (
        "The file has no column {column}. It has: {known}.",
        "Le fichier n'a pas de colonne {column}. Il a : {known}.",
    ),
    "guessing.no_own_key": (
        "No column of {file} has a value of its own in every row. Name those that tell the rows apart: --key COLUMN, once for each.",
        "Aucune colonne de {file} n'a une valeur propre à chaque ligne. Nommez celles qui distinguent les lignes : --key COLONNE,"
        " une fois pour chacune.",
    ),
    "guessing.table_made": (
        'The table {table} is made, and the mapping {file}. A job in config.toml with `mapping = "{name}"` imports into it.',
        'La table {table} est créée, et le modèle {file}. Une tâche de config.toml avec `mapping = "{name}"` y importe.',
    ),
    "guessing.field_added": (
        "The table {table} has the field {name} now. A mapping fills it as custom.{name}.",
        "La table {table} a maintenant le champ {name}. Un modèle le remplit sous le nom custom.{name}.",
    ),
    "guessing.field_promoted": (
        "{name} is a column of {table} now. Mappings that say custom.{name} go on working.",
        "{name} est maintenant une colonne de {table}. Les modèles qui disent custom.{name} continuent de marcher.",
    ),
    "guessing.type": ("type", "type"),
    "guessing.key": ("key", "clé"),
    "guessing.label": ("label", "libellé"),
    "guessing.kind_text": ("text", "texte"),
    "guessing.kind_integer": ("whole number", "nombre entier"),
    "guessing.kind_decimal": ("number", "nombre"),
    "guessing.kind_date": ("date", "date"),
    "guessing.kind_datetime": ("date and time", "date et heure"),
    "guessing.kind_boolean": ("yes or no", "oui ou non"),
}
