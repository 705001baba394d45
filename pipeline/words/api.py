"""Sentences of the JSON API."""

TEXTS: dict[str, tuple[str, str]] = {
    "api.json": ("What was sent is not JSON.", "L'envoi n'est pas du JSON."),
    "api.object": ("Send a JSON object: {{…}}.", "Envoyez un objet JSON : {{…}}."),
    "api.key": (
        "There is no {key} here. Known: {known}.",
        "Il n'y a pas de {key} ici. Connus : {known}.",
    ),
    "api.kind": ("{key} must be of the kind {kind}.", "{key} doit être de type {kind}."),
    "api.missing": ("{key} is missing.", "{key} manque."),
    "api.file_name": (
        "Say the name of the file alone: ?file=orders.csv",
        "Donnez le nom du fichier seul : ?file=commandes.csv",
    ),
    "api.run": ("{job} could not be run: {why}", "{job} n'a pas pu être lancé : {why}"),
}
