"""Business files in four languages and every code page, made from a seed: clients, receipts, catalogues."""

from __future__ import annotations

import random

WORDS = {
    "fr": "Société Générale;Crème brûlée;Pâté de campagne;Bœuf bourguignon;Thé à la menthe;Forêt;Hôtel de l'Étoile;"
    "Chêne massif;Garçon;Maïs soufflé;Noël;Où;déjà vendu;réglé par chèque;À emporter;Évry;Nîmes;Besançon;Châlons;"
    "Saint-Étienne;Fût n° 12;Pièce détachée;Facture réglée;Crédit différé;Espèces;Désignation;Quantité;Prix unitaire;"
    "Café moulu;Père & Fils;Lève-tôt;Brûlerie;Sœurs Lefèvre;Bouchée;Épicerie fine;Pêche;Réf. fournisseur;Reçu;"
    "Côte d'Azur;Île de Ré;Août;Février;Décembre;Téléphone;Célibataire;Client fidélisé;Maçonnerie;Tête-à-tête;Clé",
    "de": "Müller GmbH;Straße;Größe;Käse;Brötchen;Süßwaren;Fußmatte;Öl;Äpfel;Übergröße;Zürich;Köln;München;Düsseldorf;"
    "Bücher;Schlüssel;Geschäftsführer;Stück;Währung;Verkäufer;Rückgabe;Lieferschein;Gebühr;für Mädchen;Weißbrot;"
    "Kühlschrank;Möbelhaus;Prüfung;Gemüse;Frühling;Grüße;Österreich;Tür;Löffel;Schäfer & Söhne;Nürnberg;März",
    "es": "Año;Señora Muñoz;España;Jamón ibérico;Café;Teléfono;Dirección;Cataluña;Córdoba;Málaga;Número;Artículo;"
    "Descripción;Camión;Niños;Pequeño;Azúcar;Limón;Plátano;Salchichón;Avión;Jabón;Almacén;Crédito;Débito;Público;"
    "Ángel;Óscar;Íñigo;Último;Miércoles;Sábado;Facturación;Envío;Código;Razón social;Población;Pingüino;Cigüeña",
    "it": "Caffè;Città;Qualità;Perché;Già pagato;Più;Lunedì;Martedì;Così;Virtù;È arrivato;Attività;Società;Quantità;"
    "Università;Tiramisù;Purè;Papà;Però;Giù;Libertà;Proprietà;Mercoledì;Forlì;Cantù;Unità;Pubblicità;Velocità;Sarà",
}
PLAIN = "Total;Article;Client;Paris;Lyon;Berlin;Madrid;Roma;Sac;Robe;Ticket;Stock;Vente;Bottes;Panier;Carte;Lot;Vin"
SIGNS = ("12,50 €", "n° 12", "«Promo»", "5 °C", "l’été", "½ lot")


def business_file(seed: int, language: str, encoding: str, size: int, late: bool = False) -> str:
    """A file of about `size` characters that the code page can write; `late`: accents in its last tenth only."""
    pick = random.Random(seed)
    accented, plain = WORDS[language].split(";"), PLAIN.split(";")
    loud = pick.random() < 0.25
    lines = [pick.choice(("id;nom;ville;montant;note", "code;libelle;groupe;prix;remarque"))]
    length = 0
    while length < size:
        quiet = late and length < size * 0.9
        cells = [str(pick.randrange(10**6))]
        cells += [pick.choice(plain if quiet or pick.random() < 0.6 else accented) for _ in range(2)]
        cells += [f"{pick.randrange(10**5) / 100:.2f}".replace(".", ",")]
        sign = pick.choice(SIGNS) if not quiet and pick.random() < 0.1 else ""
        cells += [sign if _fits(sign, encoding) else ""]
        line = ";".join(c.upper() if loud and c not in SIGNS else c for c in cells)
        lines.append(line)
        length += len(line) + 1
    text = "\n".join(lines) + "\n"
    return "".join(c for c in text if _fits(c, encoding))


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
