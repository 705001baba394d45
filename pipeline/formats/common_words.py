"""Words with accents that stand in the files of shops: one of them tells the code page of a file that has few."""

from __future__ import annotations

FRENCH = """
désignation libellé quantité qté référence réf société téléphone tél numéro prénom département région catégorie matière
pièce pièces unité unités crédit débit réglé règlement réglée espèces chèque chèques échéance échéances décembre février
août été créé créée modifié supprimé validé livré livrée payé payée facturé remisé dépôt entrée sortie stocké réservé
réception expédié expédition expéditeur délai délais départ arrivée année années période détail détails caractère
café thé crème pâté bière rosé épicé légume légumes pêche poêle bœuf œuf œufs sœur cœur gâteau pâtes forêt fête tête
hôtel école église général générale générales étage bâtiment résidence allée chaîne boîte coût coûts contrôle côté clé
clés même très où déjà après près mètre modèle modèles numérique électrique électronique écran téléviseur sécurité
qualité société spécial spéciale première dernière dernier été homme bébé élève étudiant célibataire marié mariée
français française françois benoît jérôme hélène gérard andré rené zoé noël joël chloé anaïs gaëlle éric élodie stéphane
frédéric sébastien valérie véronique thérèse rémi rémy saint-étienne besançon nîmes châlons orléans évry angoulême béziers
maçon façade reçu garçon leçon français commerçant ça évènement événement bénéfice dépense dépenses trésorerie intérêt
arrêté prêt prêts forêt crêpe crêpes brûlée soufflé fidélité privilège siège collège piège thème système problème
"""
GERMAN = """
für größe größen straße stück stückzahl währung verkäufer käufer geschäft geschäftsführer rückgabe gebühr gebühren prüfung
übersicht überweisung über müller köln münchen düsseldorf zürich nürnberg österreich märz käse öl brötchen gemüse süß
süßwaren weiß weißbrot grün grüße fuß fußmatte tür schlüssel bücher möbel höhe länge stärke menü müsli nüsse äpfel kühl
löffel gültig gültigkeit verfügbar ausgeführt geändert gelöscht zurück öffnen schäfer schröder böhm jäger günther jürgen
"""
SPANISH = """
año años españa español señor señora niño niños muñoz número artículo descripción dirección teléfono código razón población
provincia categoría crédito débito envío facturación almacén público último miércoles sábado jamón café azúcar limón
plátano camión avión jabón pequeño pequeña córdoba málaga cataluña josé maría garcía martínez lópez gonzález rodríguez
pérez sánchez gómez fernández díaz ibáñez óscar ángel compañía campaña línea página cantidad método teléfonos días día
"""
ITALIAN = """
città quantità qualità società unità attività università proprietà libertà però più perché già così caffè lunedì martedì
mercoledì giovedì venerdì papà pubblicità velocità novità età metà virtù tiramisù purè né cioè sarà
"""
OTHERS = """
n° nº °c °f m² m³ cm² cm³ île îles œuvre envío envíos
naïve résumé fiancée jalapeño piñata beyoncé nestlé citroën zoë häagen crêpe crème brûlée rosé façade señorita são joão
informação descrição preço preços número endereço código açúcar maçã ação município não coração malmö göteborg smörgås
smørrebrød tromsø ångström møbler brød blåbær rødvin kød größe ørsted åland
"""
COMMON = frozenset(
    word for text in (FRENCH, GERMAN, SPANISH, ITALIAN, OTHERS) for word in text.split() if not word.isascii()
)
