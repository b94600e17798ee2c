"""Fictional names, common where their languages are spoken, and paired deterministically."""

FIRST = """
    Ingrid Marit Øystein Kari Sindre Hanne Torbjørn Liv Amina Eirik Solveig Jonas Randi Vegard Astrid Magnus Turid
    Håvard Gunn Kristian Silje Arne Berit Ola Marianne Tore Nina Petter Åse Geir Wenche Stian Ragnhild Bjarte Elin
    Morten Synnøve Frode Tove Espen Maren Ivar Trine Lars Guro Knut Anette Sverre Ida Roar Jorunn Anders Bente
    Steinar Monica Harald Camilla Leif Signe Dag
"""
LAST = """
    Nesbakk Solvang Lunde Fjeldstad Hovde Brekke Tveiten Aasland Myhre Røsand Haugli Engeset Vikan Sletten Moland
    Fossli Bakken Strand Kvalheim Hjelle Nygård Orset Sande Vestnes Talberg Ulvund Furuset Grindal Holte Kleive
    Lothe Midtbø Nordal Opsal Rekdal Skjelbred Tangen Ytterdal Åsen Bergset Dalsbø Eikrem Frisvoll Gjerde Hustad
    Istad Julnes
"""
FAMILIES = {
    "nb": "Tone Solli, Henrik Aune, Mari Elvestad, Thomas Rød, Julie Haugen, Andreas Lie, Line Torvik",
    "nn": "Gro Kvamme, Jostein Heggen, Sigrid Bjørkedal, Ståle Eide",
    "en": "Grace Mensah, Daniel Okoro, Priya Raman, Rui Tavares",
    "ar": "Samira Haddad, Yusuf Darwish, Layla Khoury, Omar Saleh",
    "uk": "Oksana Melnyk, Andrij Koval, Iryna Bondar, Taras Hnatiuk",
}


def adult(number: int) -> tuple[str, str]:
    """The first and last name of the adult with this number, from 0. Deterministic."""
    first, last = FIRST.split(), LAST.split()
    turn, place = divmod(number, len(first))
    return first[place], last[(11 * number + turn) % len(last)]


def parent(language: str, number: int) -> tuple[str, str]:
    """The first and last name of a parent who reads this language. Names repeat after a few numbers."""
    names = FAMILIES.get(language, FAMILIES["en"]).split(", ")
    first, _, last = names[number % len(names)].partition(" ")
    return first, last
