"""Sentences about the database."""

TEXTS: dict[str, tuple[str, str]] = {
    "store.unreachable": (
        "the database {where} cannot be used just now ({why}). Nothing is lost; it is tried again by itself.",
        "la base {where} est inutilisable pour l'instant ({why}). Rien n'est perdu ; nouvel essai automatique.",
    ),
    "store.forbidden": (
        "the database {where} does not allow it ({why}). Nothing is lost; it is tried again by itself. "
        "`pipeline doctor` lists the rights that are missing.",
        "la base {where} ne le permet pas ({why}). Rien n'est perdu ; nouvel essai automatique. "
        "`pipeline doctor` donne les droits qui manquent.",
    ),
    "store.may_not_create": (
        "{role} may not make tables in the schema {schema} of the database. Let its administrator run: {sql}",
        "{role} ne peut pas créer de tables dans le schéma {schema} de la base. "
        "Faites exécuter par son administrateur : {sql}",
    ),
    "store.foreign_absent": (
        'there is no database at {where}. With schema = "none" Pipeline writes into the database of another '
        "program and never makes one: correct the address, or bring the file back.",
        "il n'y a pas de base à {where}. Avec schema = \"none\", Pipeline écrit dans la base d'un autre programme "
        "et n'en crée jamais : corrigez l'adresse, ou remettez le fichier.",
    ),
    "store.no_table": (
        "the database has no table {table} that can be written to",
        "la base n'a pas de table {table} où écrire",
    ),
    "store.bad_schema": (
        'schema = "{schema}" cannot be used. Write a schema\'s name, "none", or "none:NAME".',
        'schema = "{schema}" est inutilisable. Écrivez le nom d\'un schéma, "none" ou "none:NOM".',
    ),
    "store.no_schemas": (
        'schema = "{schema}": an SQLite database has no schemas. Give Pipeline a file of its own '
        '(url = "sqlite:///other.db"), or write schema = "none".',
        'schema = "{schema}" : une base SQLite n\'a pas de schémas. Donnez à Pipeline son propre fichier '
        '(url = "sqlite:///autre.db"), ou écrivez schema = "none".',
    ),
    "store.announce": (
        "{table}: the trigger {trigger} will note each {word} in Pipeline's change log",
        "{table} : le déclencheur {trigger} notera chaque {word} dans le journal des changements de Pipeline",
    ),
    "store.unfit": (
        "the database does not have what the mapping writes to ({why}). Correct the mapping, or the database.",
        "la base n'a pas ce que le modèle d'import veut écrire ({why}). Corrigez le modèle, ou la base.",
    ),
    "store.refused_by_database": (
        "the database refuses this row: {why}. Correct the row and drop it again.",
        "la base refuse cette ligne : {why}. Corrigez la ligne et déposez-la de nouveau.",
    ),
    "store.row_repeats": (
        "another row has this {column} already, and two rows must not. Correct one of them and drop the row again.",
        "une autre ligne a déjà ce {column}, et deux lignes ne le peuvent. Corrigez l'une et redéposez la ligne.",
    ),
    "store.row_too_long": (
        "a text is longer than its column in the database allows. Shorten it and drop the row again.",
        "un texte est plus long que sa colonne de la base ne le permet. Raccourcissez-le et redéposez la ligne.",
    ),
    "store.row_too_big": (
        "a number is too big for its column in the database. Correct it and drop the row again.",
        "un nombre est trop grand pour sa colonne de la base. Corrigez-le et redéposez la ligne.",
    ),
    "store.row_breaks_rule": (
        "the database has a rule that this row does not keep ({why}). Correct the row and drop it again.",
        "la base a une règle que cette ligne ne respecte pas ({why}). Corrigez la ligne et redéposez-la.",
    ),
    "store.row_lacks": (
        "{column} must be filled. Fill it and drop the row again.",
        "{column} doit être rempli. Remplissez-le et redéposez la ligne.",
    ),
    "store.row_points_nowhere": (
        "the row points to a record that does not exist ({column}). Import that record first, or correct the row.",
        "la ligne renvoie à une fiche qui n'existe pas ({column}). Importez-la d'abord, ou corrigez la ligne.",
    ),
    "store.too_many_refused": (
        "{refused} rows of {rows} could not be taken, more than the {most} this job allows: nothing was loaded. "
        "Correct the file and drop it again.",
        "{refused} lignes sur {rows} n'ont pas pu être prises, plus que les {most} permises : rien n'a été chargé. "
        "Corrigez le fichier et déposez-le de nouveau.",
    ),
    "store.duplicate": (
        "the same content was imported on {when} as {name} (file {id}): nothing to do.",
        "le même contenu a été importé le {when} sous {name} (fichier {id}) : rien à faire.",
    ),
    "store.newer": (
        "the database was made by a newer Pipeline. Install that version or a later one; nothing was changed.",
        "la base vient d'un Pipeline plus récent. Installez cette version ou une suivante ; rien n'a été changé.",
    ),
    "store.absent": (
        "there is no database here yet. It is made by the first `pipeline run` or `pipeline once`.",
        "il n'y a pas encore de base ici. Elle est créée par le premier `pipeline run` ou `pipeline once`.",
    ),
    "store.older": (
        "the database is of an older Pipeline; it is brought up to date by `pipeline run` or `pipeline once`.",
        "la base vient d'un Pipeline plus ancien ; `pipeline run` ou `pipeline once` la met à jour.",
    ),
    "store.bad_url": (
        "the database address cannot be read. Write sqlite:///file.db or postgresql://user@host/name.",
        "l'adresse de la base est illisible. Écrivez sqlite:///fichier.db ou postgresql://utilisateur@hote/nom.",
    ),
    "store.no_driver": (
        "PostgreSQL needs an addition: pip install 'pipeline-ingest[postgres]'",
        "PostgreSQL demande un complément : pip install 'pipeline-ingest[postgres]'",
    ),
    # taking back -----------------------------------------------------------------------------------------------
    "store.undo_of": (
        "takes back file {id} ({name}), asked for by {who}: {deleted} rows removed, {restored} brought back, "
        "{updated} set back, {left} left as they are.",
        "annule le fichier {id} ({name}), à la demande de {who} : {deleted} lignes retirées, {restored} rétablies, "
        "{updated} remises à leur état d'avant, {left} laissées telles quelles.",
    ),
    "store.undone": (
        "taken back on {when} by entry {id}. Drop the file again to import it again, or undo that entry: "
        "pipeline undo {id}",
        "annulé le {when} par l'entrée {id}. Redéposez le fichier pour le réimporter, ou annulez cette entrée : "
        "pipeline undo {id}",
    ),
    "store.undo_again": (
        "file {id} is undone already. `pipeline show {id}` says by which entry; undo that one to bring it back.",
        "le fichier {id} est déjà annulé. `pipeline show {id}` dit par quelle entrée ; annulez-la pour le rétablir.",
    ),
    "store.undo_nothing": (
        "file {id} changed nothing in the database, so there is nothing to undo.",
        "le fichier {id} n'a rien changé dans la base : il n'y a rien à annuler.",
    ),
    "store.undo_unrecorded": (
        "what file {id} changed was not recorded in full, so it cannot be undone; nothing was changed. "
        "`pipeline doctor` says what recording needs.",
        "ce que le fichier {id} a changé n'a pas été entièrement noté : il ne peut être annulé ; rien n'a été changé. "
        "`pipeline doctor` dit ce qu'il faut pour le noter.",
    ),
    "store.undo_changed_by_file": (
        "changed since by file {id} ({name}). Undo that one first, or correct the row by hand.",
        "modifiée depuis par le fichier {id} ({name}). Annulez d'abord celui-là, ou corrigez la ligne à la main.",
    ),
    "store.undo_changed_by_program": (
        "changed since by another program or by hand. Correct the row there.",
        "modifiée depuis par un autre programme ou à la main. Corrigez la ligne là-bas.",
    ),
    "store.undo_referenced": (
        "rows of {table} that came later point to it. Undo the file that brought them first.",
        "des lignes de {table} arrivées depuis y renvoient. Annulez d'abord le fichier qui les a apportées.",
    ),
    "store.undo_orphan": (
        "it would point to a row of {table} that is no longer there. Bring that row back first.",
        "elle renverrait à une ligne de {table} qui n'existe plus. Rétablissez d'abord cette ligne.",
    ),
    "store.undo_gone": (
        "it is no longer there, so there is nothing to take back.",
        "elle n'existe plus : il n'y a rien à annuler.",
    ),
    "store.undo_there": (
        "a row with this identity is there again.",
        "une ligne avec cette identité existe de nouveau.",
    ),
    "store.bad_name": (
        "{name} cannot be a name here. Write small letters, digits and _, a letter first, at most 50, and not pipeline_ or show_ first.",
        "{name} ne peut pas être un nom ici. Écrivez des minuscules, des chiffres et _, une lettre d'abord, 50 au plus, sans"
        " pipeline_ ni show_ au début.",
    ),
    "store.table_there": (
        "There is a table {table} already; nothing was changed. Choose another name with --name.",
        "Il y a déjà une table {table} ; rien n'a été changé. Choisissez un autre nom avec --name.",
    ),
    "store.field_table": (
        "{table} is not one of Pipeline's tables, so it takes no fields of your own. `pipeline table list` names them.",
        "{table} n'est pas une table de Pipeline : elle ne prend pas de champs à vous. `pipeline table list` les nomme.",
    ),
    "store.field_there": (
        "The table {table} has a field {name} already; nothing was changed. Choose another name.",
        "La table {table} a déjà un champ {name} ; rien n'a été changé. Choisissez un autre nom.",
    ),
    "store.no_field": (
        "The table {table} has no field {name} of yours. `pipeline field list` names them.",
        "La table {table} n'a pas de champ {name} à vous. `pipeline field list` les nomme.",
    ),
    "store.field_promoted": (
        "{name} is a column of {table} already; nothing was changed.",
        "{name} est déjà une colonne de {table} ; rien n'a été changé.",
    ),
}
