"""Sentences of the room `people`: users, tokens, logins."""

TEXTS: dict[str, tuple[str, str]] = {
    "people.user_there": (
        "There is a user named {name} already. Choose another name.",
        "Un utilisateur s'appelle déjà {name}. Choisissez un autre nom.",
    ),
    "people.no_user": (
        "There is no user named {name}. `pipeline user list` shows them.",
        "Aucun utilisateur ne s'appelle {name}. `pipeline user list` les montre.",
    ),
    "people.last_admin": (
        "{name} is the only one with the role admin; nobody could look after the users any more. Make another admin first.",
        "{name} est le seul à avoir le rôle admin ; plus personne ne pourrait gérer les utilisateurs. Créez d'abord "
        "un autre admin.",
    ),
    "people.token_there": (
        "There is a token named {name} already. Revoke it first, or choose another name.",
        "Un jeton s'appelle déjà {name}. Révoquez-le d'abord, ou choisissez un autre nom.",
    ),
    "people.no_token": (
        "There is no token named {name}. `pipeline token list` shows them.",
        "Aucun jeton ne s'appelle {name}. `pipeline token list` les montre.",
    ),
    "people.scope": (
        "There is no scope {scope}. Choose one of {known}.",
        "Il n'y a pas de portée {scope}. Choisissez parmi {known}.",
    ),
    "people.job_scope": (
        "Only a token with the scope drop can be for one job.",
        "Seul un jeton de portée drop peut être réservé à une tâche.",
    ),
    "people.role": (
        "There is no role {role}. Choose one of {known}.",
        "Il n'y a pas de rôle {role}. Choisissez parmi {known}.",
    ),
    "people.name": (
        "{name} cannot be a name. Take 1 to 64 letters, digits and . _ @ + -",
        "{name} ne peut être un nom. Prenez 1 à 64 lettres, chiffres et . _ @ + -",
    ),
    "people.password_length": (
        "A password has {least} to {most} letters. A few words in a row are easy to remember.",
        "Un mot de passe a de {least} à {most} caractères. Quelques mots à la suite se retiennent bien.",
    ),
    "people.password_common": (
        "This password would be guessed soon. Take a few words in a row that only you would choose.",
        "Ce mot de passe serait vite deviné. Prenez quelques mots à la suite que vous seul choisiriez.",
    ),
    "people.password_twice": (
        "The two passwords differ. Nothing was changed.",
        "Les deux mots de passe diffèrent. Rien n'a été changé.",
    ),
    "people.password_ask": ("Password: ", "Mot de passe : "),
    "people.password_again": ("Once more: ", "Encore une fois : "),
    "people.added": (
        "{name} may log in now, as {role}.",
        "{name} peut maintenant se connecter, comme {role}.",
    ),
    "people.role_set": ("{name} has the role {role} now.", "{name} a maintenant le rôle {role}."),
    "people.password_set": (
        "{name} has a new password, and is logged out everywhere.",
        "{name} a un nouveau mot de passe, et est déconnecté partout.",
    ),
    "people.removed": ("{name} may not log in any more.", "{name} ne peut plus se connecter."),
    "people.logged_out": (
        "{name} is logged out; sessions ended: {count}.",
        "{name} est déconnecté ; sessions terminées : {count}.",
    ),
    "people.token_made": (
        "Token {name}, scope {scope}. It is shown only this once; keep it where only the program can read it:",
        "Jeton {name}, portée {scope}. Il n'est montré que cette fois ; gardez-le là où seul le programme peut le "
        "lire :",
    ),
    "people.revoked": ("The token {name} is worth nothing now.", "Le jeton {name} ne vaut plus rien."),
    "people.nobody": (
        "Nobody yet: `pipeline user add NAME --role admin`.",
        "Personne encore : `pipeline user add NOM --role admin`.",
    ),
    "people.no_tokens": (
        "None yet: `pipeline token create NAME --scope read`.",
        "Aucun encore : `pipeline token create NOM --scope read`.",
    ),
    "people.link": (
        "Open this once within {minutes} minutes: {url}",
        "Ouvrez ceci une fois, dans les {minutes} minutes : {url}",
    ),
    "people.link_local": (
        "A link without a password is only for listen on this machine (127.0.0.1). `pipeline user add` makes a user.",
        "Un lien sans mot de passe n'existe que si listen est sur cette machine (127.0.0.1). `pipeline user add` "
        "crée un utilisateur.",
    ),
    "people.wrong_login": (
        "Name or password is wrong.",
        "Le nom ou le mot de passe est faux.",
    ),
    "people.wait": (
        "Too many attempts. Try again in {seconds} seconds.",
        "Trop d'essais. Recommencez dans {seconds} secondes.",
    ),
    "people.link_used": (
        "This link was used or has run out. `pipeline user link` makes another.",
        "Ce lien a été utilisé ou n'est plus valable. `pipeline user link` en crée un autre.",
    ),
    "people.head.name": ("name", "nom"),
    "people.head.role": ("role", "rôle"),
    "people.head.scope": ("scope", "portée"),
    "people.head.job": ("job", "tâche"),
    "people.head.since": ("since", "depuis"),
    "people.head.by": ("made by", "créé par"),
    "people.head.until": ("until", "jusqu'à"),
    "people.head.used": ("last used", "dernier usage"),
    "people.head.at": ("when", "quand"),
    "people.head.who": ("who", "qui"),
    "people.head.what": ("what", "quoi"),
    "people.head.subject": ("of", "de"),
    "people.head.before": ("before", "avant"),
    "people.head.after": ("after", "après"),
    "people.head.address": ("from", "d'où"),
    "people.login": ("Log in", "Connexion"),
    "people.page_name": ("Name", "Nom"),
    "people.page_password": ("Password", "Mot de passe"),
    "people.page_in": ("You are in. Go on", "Vous y êtes. Continuer"),
}
