"""Sentences about the rules of a FEC, by their codes."""

TEXTS: dict[str, tuple[str, str]] = {
    "fec.F01": (
        "{name} is not the name of a FEC, like 123456789FEC20261231.txt (SIREN, FEC, closing day).",
        "{name} n'est pas un nom de FEC, comme 123456789FEC20261231.txt (SIREN, FEC, date de clôture).",
    ),
    "fec.F02": (
        "The name {name} holds more than SIREN, FEC and closing day.",
        "Le nom {name} contient plus que SIREN, FEC et date de clôture.",
    ),
    "fec.F03": (
        "{siren} is no valid SIREN: its check digit is wrong.",
        "{siren} n'est pas un SIREN valide : sa clé est fausse.",
    ),
    "fec.F04": (
        "The file begins with a byte order mark; the law knows ISO 8859-15, ASCII and EBCDIC.",
        "Le fichier commence par une marque d'ordre (BOM) ; la loi connaît ISO 8859-15, ASCII et EBCDIC.",
    ),
    "fec.F05": (
        "Line {line} is UTF-8; the law knows ISO 8859-15, ASCII and EBCDIC.",
        "La ligne {line} est en UTF-8 ; la loi connaît ISO 8859-15, ASCII et EBCDIC.",
    ),
    "fec.F06": (
        "Line {line} holds a NUL character.",
        "La ligne {line} contient un caractère NUL.",
    ),
    "fec.F07": (
        "Lines end with CR only.",
        "Les lignes finissent par CR seul.",
    ),
    "fec.F08": (
        "The last line has no line end.",
        "La dernière ligne n'a pas de fin de ligne.",
    ),
    "fec.F09": (
        "The separator is neither a tab nor |.",
        "Le séparateur n'est ni une tabulation ni |.",
    ),
    "fec.F10": (
        "Line {line} ends with a separator too many.",
        "La ligne {line} finit par un séparateur de trop.",
    ),
    "fec.C01": (
        "Columns are missing: {columns}.",
        "Des colonnes manquent : {columns}.",
    ),
    "fec.C02": (
        "The columns are not named or ordered as the law has them.",
        "Les colonnes n'ont pas les noms ou l'ordre de la loi.",
    ),
    "fec.C03": (
        "There are further columns: {columns}.",
        "Il y a d'autres colonnes : {columns}.",
    ),
    "fec.L01": (
        "There is no line of entries.",
        "Il n'y a aucune ligne d'écriture.",
    ),
    "fec.L02": (
        "Line {line} is empty.",
        "La ligne {line} est vide.",
    ),
    "fec.L03": (
        "Line {line} has {cells} cells, not {columns}.",
        "La ligne {line} a {cells} cellules, pas {columns}.",
    ),
    "fec.L04": (
        "Line {line}: a value begins with a quote; a FEC knows no quotes.",
        "Ligne {line} : une valeur commence par un guillemet ; un FEC n'en connaît pas.",
    ),
    "fec.V01": (
        "Line {line}: {column} must never be empty.",
        "Ligne {line} : {column} ne doit jamais être vide.",
    ),
    "fec.V02": (
        "Line {line}: {column} is empty.",
        "Ligne {line} : {column} est vide.",
    ),
    "fec.V03": (
        "Line {line}: the account {value} does not begin with three digits.",
        "Ligne {line} : le compte {value} ne commence pas par trois chiffres.",
    ),
    "fec.D01": (
        "Line {line}: {column} holds {value}, which is no day like 20261231.",
        "Ligne {line} : {column} contient {value}, qui n'est pas un jour comme 20261231.",
    ),
    "fec.D02": (
        "Line {line}: {value} lies after the closing day {closing}.",
        "Ligne {line} : {value} est après la clôture {closing}.",
    ),
    "fec.D03": (
        "Line {line}: {value} lies 24 months or more before the closing day.",
        "Ligne {line} : {value} précède la clôture de 24 mois ou plus.",
    ),
    "fec.D04": (
        "Line {line}: it was validated before its own day.",
        "Ligne {line} : elle a été validée avant sa propre date.",
    ),
    "fec.D05": (
        "Line {line}: its document is younger than the entry.",
        "Ligne {line} : sa pièce est plus récente que l'écriture.",
    ),
    "fec.N01": (
        "Line {line}: {column} holds {value}; the decimal sign is a comma.",
        "Ligne {line} : {column} contient {value} ; le signe décimal est la virgule.",
    ),
    "fec.N02": (
        "Line {line}: {column} holds {value}; thousands must not be parted.",
        "Ligne {line} : {column} contient {value} ; les milliers ne se séparent pas.",
    ),
    "fec.N03": (
        "Line {line}: {column} holds {value}, which is no number.",
        "Ligne {line} : {column} contient {value}, qui n'est pas un nombre.",
    ),
    "fec.N04": (
        "Line {line}: {column} begins with needless zeros.",
        "Ligne {line} : {column} commence par des zéros inutiles.",
    ),
    "fec.N05": (
        "Line {line}: {column} has not two decimals.",
        "Ligne {line} : {column} n'a pas deux décimales.",
    ),
    "fec.N06": (
        "Line {line}: Sens is {value}, not D, C, +1 or -1.",
        "Ligne {line} : Sens est {value}, pas D, C, +1 ou -1.",
    ),
    "fec.N07": (
        "Line {line}: exactly one of debit and credit should be filled.",
        "Ligne {line} : un seul de débit et crédit devrait être rempli.",
    ),
    "fec.N08": (
        "Line {line}: an amount is negative.",
        "Ligne {line} : un montant est négatif.",
    ),
    "fec.B01": (
        "Entry {number} of journal {journal} (line {line}) does not balance: off by {off}.",
        "L'écriture {number} du journal {journal} (ligne {line}) n'est pas équilibrée : écart {off}.",
    ),
    "fec.B02": (
        "Entry {number} of journal {journal} (line {line}) has two dates.",
        "L'écriture {number} du journal {journal} (ligne {line}) a deux dates.",
    ),
    "fec.B03": (
        "The whole file does not balance: off by {off}.",
        "Le fichier entier n'est pas équilibré : écart {off}.",
    ),
    "fec.S01": (
        "Line {line}: entries are not in the order of their validation.",
        "Ligne {line} : les écritures ne suivent pas l'ordre de validation.",
    ),
    "fec.S02": (
        "Journal {journal}: numbers that are missing in the sequence: {missing}.",
        "Journal {journal} : numéros manquants dans la suite : {missing}.",
    ),
    "fec.T01": (
        "Line {line}: EcritureLet and DateLet go together.",
        "Ligne {line} : EcritureLet et DateLet vont ensemble.",
    ),
    "fec.T02": (
        "Line {line}: Montantdevise and Idevise go together.",
        "Ligne {line} : Montantdevise et Idevise vont ensemble.",
    ),
    "fec.T03": (
        "Line {line}: {value} is no currency code like EUR.",
        "Ligne {line} : {value} n'est pas un code devise comme EUR.",
    ),
    "fec.T04": (
        "Line {line}: the amount in currency has the other sign than its side.",
        "Ligne {line} : le montant en devise a le signe contraire de son côté.",
    ),
    "fec.T05": (
        "Line {line}: CompAuxNum and CompAuxLib go together.",
        "Ligne {line} : CompAuxNum et CompAuxLib vont ensemble.",
    ),
    "fec.T06": (
        "Line {line}: account {account} has two names.",
        "Ligne {line} : le compte {account} a deux libellés.",
    ),
    "fec.T07": (
        "Lettering {letter} of account {account} does not balance.",
        "Le lettrage {letter} du compte {account} n'est pas équilibré.",
    ),
    "fec.refused": (
        "{name} would break the rules of the FEC: {why} Nothing was written. `pipeline fec check` shows every place.",
        "{name} enfreindrait les règles du FEC : {why} Rien n'a été écrit. `pipeline fec check` montre chaque endroit.",
    ),
    "fec.sound": ("{name}: no rule is broken.", "{name} : aucune règle n'est enfreinte."),
    "fec.told": (
        "{name}: rules broken: {refuse}; further remarks: {others}.",
        "{name} : règles enfreintes : {refuse} ; autres remarques : {others}.",
    ),
    "fec.level.refuse": ("refused", "refusé"),
    "fec.level.absent": ("data absent", "donnée absente"),
    "fec.level.warn": ("warning", "avertissement"),
    "fec.level.note": ("remark", "remarque"),
    "fec.head.rule": ("rule", "règle"),
    "fec.head.level": ("level", "niveau"),
    "fec.head.places": ("places", "endroits"),
}
