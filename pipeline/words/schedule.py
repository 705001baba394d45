"""Sentences about when a job runs: in config.toml, and as status says it."""

WEEKDAYS = (
    ("Monday", "lundi"),
    ("Tuesday", "mardi"),
    ("Wednesday", "mercredi"),
    ("Thursday", "jeudi"),
    ("Friday", "vendredi"),
    ("Saturday", "samedi"),
    ("Sunday", "dimanche"),
)

TEXTS: dict[str, tuple[str, str]] = {
    "schedule.until": (
        'until must be an hour like "05:00" or "5h", not {value}.',
        'until doit être une heure comme "05:00" ou "5h", pas {value}.',
    ),
    "schedule.until_alone": (
        'until = "{until}" needs at: from which hour on does it wait? Add for example at = "03:00".',
        'until = "{until}" a besoin de at : attendre à partir de quelle heure ? Ajoutez par exemple at = "03:00".',
    ),
    "schedule.until_same": (
        'until = "{until}" is an hour of at as well: it would wait for no time or for a whole day. Write a later hour.',
        'until = "{until}" est aussi une heure de at : attente nulle ou d\'un jour entier. Écrivez une heure plus tardive.',
    ),
    "schedule.days": (
        'days must name weekdays, like "mon-sat" or "mon,wed,fri", not {value}.',
        'days doit nommer des jours, comme "lun-sam" ou "lun,mer,ven", pas {value}.',
    ),
    "schedule.on": (
        'on must be a day of the month from 1 to 31, "last day", or a date like "2026-12-24" or "24/12/2026" (day, '
        "month, year), or a list of them, not {value}.",
        'on doit être un jour du mois de 1 à 31, "dernier jour", ou une date comme "2026-12-24" ou "24/12/2026", ou '
        "une liste, pas {value}.",
    ),
    "schedule.days_alone": (
        '{key} says on which days, but not when. Add an hour, at = "03:00", or an interval, every = "5min".',
        '{key} dit quels jours, mais pas quand. Ajoutez une heure, at = "03:00", ou un intervalle, every = "5min".',
    ),
    "schedule.never": (
        "{date} is a {weekday}, which days leaves out: the import would never run on it. Change days or on.",
        "Le {date} est un {weekday}, que days exclut : l'import n'y serait jamais exécuté. Changez days ou on.",
    ),
    "schedule.passed": (
        "{name} stays where it is: job {job} has no day left, every date of `on` has passed.",
        "{name} reste où il est : {job} n'a plus de jour prévu, toutes les dates de `on` sont passées.",
    ),
    "schedule.no_day_left": ("no day left", "plus de jour prévu"),
    "schedule.say_until": (
        "{when}, until {until} if nothing has come",
        "{when}, jusqu'à {until} si rien n'est arrivé",
    ),
    "schedule.say_days": ("{when}, only {days}", "{when}, seulement {days}"),
    "schedule.say_on": ("{when}, only on {days}", "{when}, seulement le {days}"),
    "schedule.say_zone": ("{when} ({zone})", "{when} ({zone})"),
    "schedule.last_day": ("last day of the month", "dernier jour du mois"),
}
