"""Sentences of the command line."""

TEXTS: dict[str, tuple[str, str]] = {
    "cli.bug": (
        "something went wrong inside Pipeline: {error}. Nothing that was committed is lost. Run it again with "
        "PIPELINE_DEBUG=1 and send what it prints to those who look after the program.",
        "un défaut de Pipeline : {error}. Rien de ce qui était enregistré n'est perdu. Relancez avec "
        "PIPELINE_DEBUG=1 et envoyez ce qui s'affiche à ceux qui s'occupent du programme.",
    ),
    "cli.made": (
        "{folder} is ready. Next: pipeline run, then drop a file into an inbox.",
        "{folder} est prêt. Ensuite : pipeline run, puis déposez un fichier dans un dossier d'arrivée.",
    ),
    "cli.exists": (
        "{path} exists already; nothing was changed. Choose another folder.",
        "{path} existe déjà ; rien n'a été changé. Choisissez un autre dossier.",
    ),
    "cli.nothing": ("nothing to import just now.", "rien à importer pour l'instant."),
    "cli.all_well": ("no mistake found.", "aucune erreur trouvée."),
    "cli.no_file": ("there is no file {id}; `pipeline files` lists them.", "pas de fichier {id} ; voyez `pipeline files`."),
    "cli.on": ("the automatic function is on.", "la fonction automatique est active."),
    "cli.off": ("the automatic function is off.", "la fonction automatique est désactivée."),
    "cli.active": ("Automatic function: ACTIVE", "Fonction automatique : ACTIVE"),
    "cli.inactive": ("Automatic function: OFF", "Fonction automatique : DÉSACTIVÉE"),
    "cli.job": (
        "  {job}: {schedule}, {waiting} waiting, {failed} failed",
        "  {job} : {schedule}, {waiting} en attente, {failed} en échec",
    ),
    "cli.counts": (
        "{rows_read} read = {inserted} new + {updated} changed + {unchanged} unchanged + {refused} refused",
        "{rows_read} lues = {inserted} nouvelles + {updated} modifiées + {unchanged} inchangées + {refused} refusées",
    ),
    "cli.taken": ("{at}  taken", "{at}  pris"),
    "cli.decided": ("{at}  in the database", "{at}  dans la base"),
    "cli.moved": ("{at}  moved to {place}", "{at}  déplacé vers {place}"),
    "cli.refused": (
        'line {line}, column "{column}", "{value}": {reason}',
        "ligne {line}, colonne « {column} », « {value} » : {reason}",
    ),
    "cli.state.waiting": ("waiting", "en attente"),
    "cli.state.ready": ("ready", "prêt"),
    "cli.state.rejected": ("rejected", "écarté"),
    "cli.state.committed": ("committed", "enregistré"),
    "cli.state.archived": ("archived", "archivé"),
    "cli.state.duplicate": ("duplicate", "doublon"),
    "cli.state.failed": ("failed", "échec"),
    "cli.demo_made": (
        "Created {folder}: config.toml, mappings, and two sample files in its inboxes.",
        "Créé {folder} : config.toml, modèles, et deux fichiers d'exemple dans les dossiers d'arrivée.",
    ),
    "cli.demo_next": (
        "Next: cd {folder}; pipeline run   then drop a file of your own into inbox/web-sales.\n"
        "      Mend failed/web-sales/orders.csv.refused.csv and drop it back. Ask: pipeline why orders.csv",
        "Ensuite : cd {folder} ; pipeline run   puis déposez un fichier à vous dans inbox/web-sales.\n"
        "      Corrigez failed/web-sales/orders.csv.refused.csv et redéposez-le. Demandez : pipeline why orders.csv",
    ),
    "cli.demo_failed": ("the demo did not import both files.", "la démonstration n'a pas importé les deux fichiers."),
}
