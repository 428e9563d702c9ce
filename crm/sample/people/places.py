"""The countries of the sample company: cities, streets, names, and how telephone numbers look there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """A city with its region, a postal code and the area code that telephone numbers there begin with."""

    name: str
    region: str
    postal_code: str
    dial: str


@dataclass(frozen=True, slots=True)
class Country:
    """What a customer's name, address and telephone number look like in one country."""

    name: str
    currency: str
    team: str
    weight: float
    local_digits: int
    mobile: str
    mobile_digits: int
    cities: tuple[City, ...]
    streets: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    legal: tuple[str, ...]
    words: tuple[str, ...]
    hospital: tuple[str, ...]
    school: tuple[str, ...]
    trade: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


def _cities(text: str) -> tuple[City, ...]:
    rows = (line.split("|") for line in text.strip().splitlines())
    return tuple(City(*(part.strip() for part in row)) for row in rows)


COUNTRIES = (
    Country(
        "Germany",
        "EUR",
        "North",
        0.34,
        7,
        "+49151",
        8,
        _cities("""Hamburg|Hamburg|20095|+4940
            Berlin|Berlin|10115|+4930
            Bremen|Bremen|28195|+49421
            Hannover|Lower Saxony|30159|+49511
            Leipzig|Saxony|04109|+49341
            Cologne|North Rhine-Westphalia|50667|+49221
            Frankfurt|Hesse|60311|+4969
            Kiel|Schleswig-Holstein|24103|+49431
            Dresden|Saxony|01067|+49351
            Düsseldorf|North Rhine-Westphalia|40213|+49211"""),
        _split(
            "Hafenstraße, Lindenallee, Marktplatz, Bahnhofstraße, Am Speicher, Gartenweg, "
            "Königstraße, Ringstraße"
        ),
        _split(
            "Anna, Hannah, Katrin, Julia, Sabine, Svenja, Miriam, Franziska, Petra, Elif, Nina, "
            "Thi Mai, Olga, Lea, "
            "Charlotte, Birgit, Yasemin, Martha"
        ),
        _split(
            "Jonas, Lukas, Matthias, Stefan, Jürgen, Emre, Paul, Felix, Tobias, Sven, Mehmet, "
            "Andreas, Dmitri, Ole, "
            "Karsten, Björn, Moritz, Quang"
        ),
        _split(
            "Schröder, Müller, Hoffmann, Yılmaz, Petersen, Krüger, Weiß, Lange, Vogel, Nguyen, "
            "Köhler, Brandt, Schäfer, "
            "Kowalski, Böhm, Friedrich, Lorenzen, Öztürk, Hansen, Voigt, Seidel, Thomsen, Wolff, "
            "Ahlers, Groß, Fuchs"
        ),
        _split("GmbH, AG, GmbH & Co. KG, KG"),
        _split(
            "Alsterblick, Morgenrot, Speicher, Kontor, Leuchtturm, Lindenhof, Kranich, Rosengarten, "
            "Anker, Goldbach, "
            "Sonnenhof, Elbufer, Waldmeister, Federleicht, Sperling, Kupferkanne, Mühlbach, Nordstern"
        ),
        _split("Klinikum {w}, Krankenhaus {c}-{w}, Reha-Zentrum {w}"),
        _split("Hochschule {w} {c}, Gymnasium {w}, Akademie {s}"),
        _split("{s} Logistik, {s} Maschinenbau, Möbelhaus {s}, {w} Energie, {s} & Söhne, Druckerei {s}"),
    ),
    Country(
        "Austria",
        "EUR",
        "South",
        0.12,
        7,
        "+43664",
        7,
        _cities("""Vienna|Vienna|1010|+431
            Graz|Styria|8010|+43316
            Linz|Upper Austria|4020|+43732
            Salzburg|Salzburg|5020|+43662
            Innsbruck|Tyrol|6020|+43512"""),
        _split("Mariahilfer Straße, Kärntner Ring, Getreidegasse, Herrengasse, Landstraße, Schlossallee"),
        _split("Magdalena, Theresa, Elisabeth, Verena, Jasmina, Barbara, Eva, Katharina, Amira, Sophie"),
        _split("Maximilian, Florian, Johannes, Georg, Milan, Christoph, Dominik, Amir, Bernhard, Sebastian"),
        _split(
            "Gruber, Huber, Pichler, Steiner, Novak, Moser, Leitner, Jovanović, Haas, Eder, Winkler, "
            "Berger, Horvath, "
            "Lechner, Wallner, Reiter"
        ),
        _split("GmbH, AG, OG"),
        _split(
            "Edelweiß, Bergblick, Mozart, Donaukai, Prater, Enzian, Arlberg, Kaiserhof, Almrausch, "
            "Steinadler, Murufer"
        ),
        _split("Landesklinik {w}, Sanatorium {w}, Krankenhaus {w} {c}"),
        _split("Fachhochschule {w}, Institut {s}, Tourismusschule {w}"),
        _split("{s} Bau, Weinhandel {s}, {w} Technik, {s} Spedition, Papierwerk {s}"),
    ),
    Country(
        "Netherlands",
        "EUR",
        "North",
        0.14,
        7,
        "+31612",
        6,
        _cities("""Amsterdam|North Holland|1012|+3120
            Rotterdam|South Holland|3011|+3110
            Utrecht|Utrecht|3511|+3130
            Groningen|Groningen|9711|+3150
            Eindhoven|North Brabant|5611|+3140"""),
        _split("Keizersgracht, Stationsplein, Oude Haven, Molenweg, Wilhelminastraat, Kerkstraat"),
        _split("Sanne, Femke, Anouk, Marieke, Fatima, Lotte, Iris, Noor, Esmée, Hanneke"),
        _split("Daan, Bram, Sjoerd, Pieter, Youssef, Jeroen, Ruben, Thijs, Ravi, Willem"),
        _split(
            "de Vries, Jansen, van den Berg, Bakker, Visser, Smit, Mulder, El Amrani, de Boer, "
            "Dekker, Dijkstra, Vermeulen, "
            "van Leeuwen, Postma, Kuipers"
        ),
        _split("B.V., N.V., B.V."),
        _split(
            "Grachtzicht, Tulp, Molenwiek, Zeemeeuw, Oranjehof, Havenlicht, De Linde, Waterkant, "
            "Zilvermeer, De Brug"
        ),
        _split("Ziekenhuis {w}, Medisch Centrum {c} {w}, Zorghuis {w}"),
        _split("Hogeschool {w}, College {s}, Academie {w}"),
        _split("{s} Transport, Bloemen {s}, {w} Media, {s} Installaties, {s} Bouw"),
    ),
    Country(
        "Denmark",
        "DKK",
        "North",
        0.12,
        6,
        "+4542",
        6,
        _cities("""Copenhagen|Capital Region|1050|+4533
            Aarhus|Central Denmark|8000|+4586
            Odense|Southern Denmark|5000|+4566
            Aalborg|North Denmark|9000|+4598"""),
        _split("Vesterbrogade, Nyhavn, Strandvejen, Søndergade, Havnegade, Algade"),
        _split("Freja, Mette, Signe, Ida, Kirsten, Astrid, Sofie, Amalie, Zahra, Line"),
        _split("Mikkel, Rasmus, Søren, Anders, Frederik, Jens, Magnus, Ali, Lars, Kasper"),
        _split(
            "Nielsen, Jensen, Sørensen, Møller, Østergaard, Kjær, Holm, Lund, Dahl, Nørgaard, Bech, "
            "Vestergaard, Skov, Hassan"
        ),
        _split("A/S, ApS, I/S"),
        _split("Havfrue, Solsikke, Fjord, Bøgen, Strandlyst, Nordlys, Klitten, Sundet, Egely, Mågen"),
        _split("{w} Hospital, Privathospitalet {w}, Plejehjemmet {w}"),
        _split("{w} Gymnasium, {s} Akademi, Højskolen {w}"),
        _split("{s} Vind, {s} Møbler, {w} Design, {s} Rederi, {s} Fisk"),
    ),
    Country(
        "France",
        "EUR",
        "South",
        0.1,
        6,
        "+33612",
        6,
        _cities("""Lyon|Auvergne-Rhône-Alpes|69002|+33472
            Strasbourg|Grand Est|67000|+33388
            Paris|Île-de-France|75011|+33142
            Nantes|Pays de la Loire|44000|+33240"""),
        _split("rue de la République, quai des Célestins, avenue Foch, place du Marché, boulevard Voltaire"),
        _split("Camille, Inès, Chloé, Aïcha, Mathilde, Élodie, Louise, Manon, Océane, Hélène"),
        _split("Théo, Antoine, Hugo, Karim, Jérôme, Benoît, Lucas, François, Amadou, Étienne"),
        _split(
            "Lefèvre, Moreau, Dubois, Benali, Girard, Rousseau, Fontaine, Mercier, Diallo, Gauthier, "
            "Perrin, Chevalier, Marchand"
        ),
        _split("SARL, SAS, SA"),
        _split(
            "Bellevue, Lumière, Tilleul, Canut, Mistral, Belle Étoile, Hirondelle, Grand Quai, "
            "Mirabelle, Clos Fleuri"
        ),
        _split("Clinique {w}, Hôpital {w}, Résidence {w}"),
        _split("Lycée {s}, École {w}, Institut {s} {c}"),
        _split("Ateliers {s}, {s} Frères, Transports {s}, {w} Conseil, Imprimerie {s}"),
    ),
    Country(
        "Italy",
        "EUR",
        "South",
        0.09,
        7,
        "+39347",
        7,
        _cities("""Milan|Lombardy|20121|+3902
            Bologna|Emilia-Romagna|40121|+39051
            Verona|Veneto|37121|+39045
            Turin|Piedmont|10121|+39011"""),
        _split("via Dante, corso Garibaldi, piazza Erbe, via San Marco, viale Europa"),
        _split("Giulia, Chiara, Francesca, Sara, Martina, Elena, Paola, Aurora, Beatrice, Nadia"),
        _split("Marco, Luca, Alessandro, Matteo, Davide, Giuseppe, Paolo, Nicolò, Samir, Enrico"),
        _split(
            "Rossi, Ferrari, Bianchi, Ricci, Conti, De Luca, Gallo, Costa, Moretti, Barbieri, "
            "D’Angelo, Fontana, Marchetti"
        ),
        _split("S.r.l., S.p.A., S.n.c."),
        _split("Belvedere, Aurora, Girasole, Duomo, Olivo, Laguna, Cipresso, Fontanella, Corallo, Colomba"),
        _split("Clinica {w}, Ospedale {w}, Casa di Cura {s}"),
        _split("Liceo {s}, Accademia {w}, Istituto {s}"),
        _split("Ceramiche {s}, {s} Trasporti, Officine {s}, {w} Moda, Cantine {s}"),
    ),
    Country(
        "Spain",
        "EUR",
        "South",
        0.05,
        6,
        "+34612",
        6,
        _cities("""Barcelona|Catalonia|08002|+34932
            Madrid|Madrid|28013|+34914
            Valencia|Valencia|46002|+34963"""),
        _split("calle Mayor, avenida del Puerto, plaza Real, paseo de Gracia, calle Colón"),
        _split("Lucía, Carmen, Marta, Núria, Inés, Paula, Ainhoa, Laia, Rocío, Valentina"),
        _split("Javier, Álvaro, Iker, Pablo, Jordi, Sergio, Andrés, Hugo, Mateo, Raúl"),
        _split(
            "García, Martínez, Fernández, Vidal, Serra, Romero, Ortega, Iglesias, Peña, Navarro, "
            "Etxeberria, Molina"
        ),
        _split("S.L., S.A., S.L.U."),
        _split("Miramar, Girasol, Alameda, Estrella, Almendro, Faro, Azahar, Golondrina, Mirador, Levante"),
        _split("Hospital {w}, Clínica {w}, Residencia {w}"),
        _split("Colegio {w}, Escuela {s}, Instituto {w}"),
        _split("Grupo {s}, Bodegas {s}, {w} Sistemas, Hermanos {s}, Textil {s}"),
    ),
    Country(
        "Finland",
        "EUR",
        "North",
        0.04,
        7,
        "+35840",
        7,
        _cities("""Helsinki|Uusimaa|00100|+3589
            Turku|Southwest Finland|20100|+3582
            Tampere|Pirkanmaa|33100|+3583"""),
        _split("Mannerheimintie, Hämeenkatu, Aurakatu, Satamakatu, Koivukuja"),
        _split("Aino, Helmi, Sanna, Riikka, Kaisa, Päivi, Venla, Outi"),
        _split("Eero, Jukka, Mikko, Antti, Väinö, Sami, Heikki, Onni"),
        _split(
            "Korhonen, Virtanen, Mäkinen, Nieminen, Lehtonen, Järvinen, Hämäläinen, Koskinen, Öhman, "
            "Lindqvist"
        ),
        _split("Oy, Oyj"),
        _split("Revontuli, Satama, Koivu, Saaristo, Kuura, Lumi, Merituuli, Tähti, Honka"),
        _split("{w} Sairaala, Terveystalo {w}, Hoitokoti {w}"),
        _split("{w} Lukio, {s} Akatemia, {w} Opisto"),
        _split("{s} Metsä, {w} Paperi, {s} Telakka, {w} Ohjelmistot, {s} Konepaja"),
    ),
)

#: Names that read alike in all these countries; ``{w}`` a word, ``{s}`` a surname, ``{c}`` the city.
HOSPITALITY = {
    "Café": ("Café {w}", "{s} Rösterei", "Bistro {w}", "Espressobar {w}", "Bakery {s}"),
    "Hotel": ("Hotel {w}", "Hotel {w} {c}", "{w} Suites", "Pension {s}", "Grand Hotel {w}"),
    "Office": (
        "{s} & Partner",
        "{w} Software",
        "{s} Consulting",
        "{w} Insurance",
        "{w} Studio",
        "{s} Engineering",
        "{w} Coworking",
    ),
}
