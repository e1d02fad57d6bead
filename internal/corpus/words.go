// SPDX-License-Identifier: Apache-2.0

package corpus

import "strings"

// The words of the prose, frequent ones first. Nouns are given with their
// gender; all of them can end a compound.
var (
	masculine = strings.Fields(`Garten Weg Abend Wagen Tisch Brunnen Turm Wald Bruder Nachbar Wirt Lehrer Hund Berg Fluß
		Brief Mantel Schlüssel Schatten Hof Stuhl Keller Kasten Becher Gast Müller Reiter Markt Hafen Sturm Koffer Spiegel
		Faden Gesang Vorhang Schrank Kahn Zaun Pfad Acker Händler Ofen Nebel Gedanke Streit Vertrag`)
	feminine = strings.Fields(`Straße Stadt Tür Frau Nacht Stimme Mutter Schwester Brücke Stube Treppe Lampe Glocke Mauer
		Küche Bank Wiese Reise Uhr Karte Kirche Wolke Schule Hütte Feder Tasche Kiste Sonne Insel Quelle Mühle Kammer
		Zeitung Werkstatt Laterne Geschichte Erinnerung Hoffnung Fahrt Decke Pforte Gasse Scheune Tochter Rechnung`)
	neuter = strings.Fields(`Haus Fenster Kind Zimmer Dorf Feuer Buch Wasser Pferd Mädchen Licht Bild Dach Tor Schiff Feld
		Brot Lied Schloß Glas Messer Zeichen Rad Bett Ufer Gewitter Geheimnis Papier Werkzeug Klavier Tal Fest Geschenk
		Wirtshaus Gespräch Seil Boot Kleid Holz Moos Becken Gerücht`)
	compounding = strings.Fields(`Haus Wald Stadt Winter Sommer Abend Morgen Land Berg Wasser Garten Stein Holz Feuer Nacht
		Herbst Markt Kloster Eisen Kupfer Silber Wein Mühlen Hafen Grenz Sonntags Kinder Bauern Nachbar Apfel Linden Eichen
		Glas Papier Uhren Küchen Keller Dach Fluß See Wetter Post Reise Schul Jagd Salz Brot Fisch Vogel Pferde`)
	adjectives = strings.Fields(`alt klein groß neu gut still lang jung dunkl weiß schwarz kalt warm schwer leicht fremd arm
		reich müd schmal breit hell tief rot grün blau grau krumm leer schön seltsam ehrlich freundlich mürrisch verlassen
		vergessen verstaubt hölzern eisern silbern prächtig schlicht heimlich traurig fröhlich ungeduldig bescheiden
		merkwürdig zerbrochen vornehm windschief gewöhnlich sorgfältig nachdenklich`)
	transitive = strings.Fields(`sah nahm fand suchte hörte trug holte brachte öffnete vergaß bemerkte verlor kannte hielt
		brauchte zeigte verließ betrachtete verkaufte bewunderte zeichnete rief begleitete erwartete beschrieb fürchtete
		versteckte reparierte bezahlte berührte verfolgte liebte schätzte beobachtete erwähnte verwechselte`)
	intransitive = strings.Fields(`ging stand saß kam lag wartete blieb lachte schwieg schlief sprach arbeitete verschwand
		zögerte weinte lauschte wanderte erschrak lächelte nickte träumte seufzte stolperte sang zitterte verweilte`)
	adverbs = strings.Fields(`nun dann bald wieder dort langsam plötzlich leise endlich oft gern heute lange schnell
		vielleicht gestern immer niemals vorsichtig zuweilen vergeblich früh allein geduldig wortlos ringsum draußen
		zufällig heimlich anfangs beinahe schließlich unterdessen dennoch gewiß abermals`)
	dative = strings.Fields(`in an auf mit vor bei hinter neben unter über aus von nach zwischen gegenüber seit`)
	names  = strings.Fields(`Anna Jakob Martha Friedrich Klara Heinrich Lene Konrad Elsbeth Matthias Greta Ludwig
		Johanna Veit Rosina Kaspar Agathe Anselm`)
	conjunctions = strings.Fields(`weil als während obwohl nachdem bevor sobald damit wenn bis`)
	sayings      = strings.Fields(`sagte rief fragte antwortete murmelte flüsterte erwiderte meinte`)

	// Parts of the names of families and villages.
	onsets = strings.Fields(`B Br D F Fl G Gr H K Kl Kn Kr L M N P Pf R S Sch Schl Schm Schw St Str T Tr V W Z Zw`)
	nuclei = strings.Fields(`a e i o u ä ö ü au ei ie`)
	codas  = strings.Fields(`b ch ck ff g l ld ll lt m n nd ng nk nz r rg rk rl rn rt s ss st t tt tz x`)
	family = strings.Fields(`er mann ke el ing sen ow hofer`)
	rural  = strings.Fields(`ingen heim hausen dorf bach au feld stetten`)
)
