// SPDX-License-Identifier: Apache-2.0

package testee

import "slices"

// catalogued returns the ids under which a fault stands in the catalogue, in its
// order.
func catalogued(name string) []string {
	var ids []string
	for _, entry := range slices.Concat(
		requestCatalogue(), answerCatalogue(), framesCatalogue(), messagesCatalogue(),
		closingCatalogue(), reportedCatalogue(),
	) {
		if slices.Contains(entry[1:], name) {
			ids = append(ids, entry[0])
		}
	}
	return ids
}

// requestCatalogue says which faults stand for M1 to M54: the opening handshake of
// servers. Each row is an id and the names.
func requestCatalogue() [][]string {
	return [][]string{
		{"M001", acceptsAnyMethod},
		{"M002", acceptsHTTP10},
		{"M003", acceptsNoHost},
		{"M004", acceptsManyHosts},
		{"M005", acceptsNoUpgrade},
		{"M006", upgradeCaseSensitive},
		{"M007", upgradeBySubstring},
		{"M009", acceptsNoConnection},
		{"M010", connectionWhole},
		{"M011", connectionCaseSensitive},
		{"M012", connectionBySubstring},
		{"M013", connectionFirstLine},
		{"M014", acceptsNoKey},
		{"M015", acceptsAnyKey},
		{"M016", acceptRecodedKey},
		{"M017", acceptOfNonce},
		{"M018", acceptLowerGUID},
		{"M019", acceptWithBlanks},
		{"M020", acceptsManyKeys},
		{"M021", acceptsNoVersion},
		{"M022", acceptsAnyVersion},
		{"M024", dropsBadVersions},
		{"M025", versionByNumber},
		{"M026", addsSubprotocol},
		{"M027", echoesSubprotocols},
		{"M029", subprotocolAnyCase},
		{"M030", echoesExtensions},
		{"M031", deflateUnasked},
		{"M032", acceptsBadExtensions},
		{"M033", firstExtensionLine},
		{"M034", namesCaseSensitive},
		{"M035", wantsOneRead},
		{"M036", dropsBehindHead},
		{"M037", answers200},
		{"M038", omitsUpgrade},
		{"M039", omitsConnection},
		{"M040", omitsAccept},
		{"M041", repeatsAccept},
		{"M042", addsContentLength, addsTransferCoding},
		{"M043", lowHeadLimit},
		{"M044", readsEndlessHeads},
		{"M045", acceptsBlankBeforeColon},
		{"M047", acceptsContent},
		{"M048", refusesAbsoluteForm},
		{"M049", diesOfBadUTF8},
		{"M050", ignoresOrigin},
		{"M051", keepsRefusedOpen},
		{"M052", wantsHostFirst},
		{"M053", acceptsFragment},
		{"M054", refusesTwoSubprotocols},
	}
}

// answerCatalogue says which faults stand for M61 to M93: the opening handshake of
// clients.
func answerCatalogue() [][]string {
	return [][]string{
		{"M061", ignoresAccept},
		{"M062", acceptCaseInsensitive},
		{"M063", comparesAcceptPrefix},
		{"M064", acceptKeepsBlanks},
		{"M066", ignoresConnection},
		{"M067", answerConnectionWhole},
		{"M068", answerUpgradeExact},
		{"M069", ignoresSubprotocol},
		{"M071", acceptsManySubprotocols},
		{"M072", oneKeyForAll},
		{"M073", shortNonce},
		{"M075", sendsEarly},
		{"M076", sendsVersion8},
		{"M078", dropsPort},
		{"M079", dropsQuery},
		{"M080", dropsReadWithAnswer},
		{"M081", wantsOneRead},
		{"M082", opensOnRedirect},
		{"M083", interimIsFinal},
		{"M084", keepsFailedOpen},
		{"M085", acceptOneOfMany},
		{"M087", sendsHTTP10},
		{"M088", namesCaseSensitive},
		{"M089", sendsBareLF},
		{"M090", readsEndlessHeads},
		{"M091", answerUpgradeSubstring},
		{"M092", reconnectsAtOnce},
		{"M093", leavesPathEmpty},
	}
}

// framesCatalogue says which faults stand for M100 to M171: masks, lengths,
// reserved bits and opcodes, control frames.
func framesCatalogue() [][]string {
	return [][]string{
		{"M100", acceptsUnmasked},
		{"M101", acceptsMasked},
		{"M102", masksAsServer},
		{"M103", doesNotMask},
		{"M104", masksWithZero},
		{"M105", masksWithOneKey},
		{"M106", masksWithCounter},
		{"M107", doesNotMaskControl},
		{"M108", losesMaskPhase},
		{"M109", refusesZeroKey},
		{"M110", acceptsLong16},
		{"M111", acceptsLong64},
		{"M112", ignoresLengthTopBit},
		{"M113", readsLengthIn32Bits},
		{"M114", readsLengthSigned},
		{"M115", always16Bit},
		{"M116", always64Bit},
		{"M117", littleEndian},
		{"M118", allocatesDeclared},
		{"M119", offByOneAt125},
		{"M120", offByOneAt65535},
		{"M122", acceptsUnmaskedControl},
		{"M124", acceptsUnmaskedEmpty},
		{"M125", masksWithNonce},
		{"M126", deliversCutFrame},
		{"M127", unmasksTailWrong},
		{"M130", ignoresRSVOnData},
		{"M132", ignoresRSVOnContinuation},
		{"M133", checksOnlyRSV1},
		{"M135", acceptsReservedData},
		{"M136", ignoresReservedOpcodes},
		{"M137", acceptsReservedFragments},
		{"M139", handlesThenFails},
		{"M140", finishesReadAfterFailing},
		{"M141", ignoresRSVOnPing},
		{"M142", ignoresRSVOnPong},
		{"M143", judgesAfterPayload},
		{"M150", answersLongPings},
		{"M151", acceptsLongPongs},
		{"M152", acceptsLongReason},
		{"M153", acceptsFragmentedPings},
		{"M154", acceptsFragmentedClose},
		{"M155", shortPong},
		{"M156", emptyPong},
		{"M157", pongAfterMessage},
		{"M158", answersFirstPing},
		{"M159", answersPong},
		{"M161", pongAsText},
		{"M162", pongCutAtNUL},
		{"M163", answersPingsBehindClose},
		{"M164", reversesPongs},
		{"M166", answersLongEmpty},
		{"M169", acceptsLongOfPing},
		{"M170", deadlocksOnPings},
		{"M171", ignoresFirstPing},
	}
}

// messagesCatalogue says which faults stand for M180 to M227: fragments, text and
// content.
func messagesCatalogue() [][]string {
	return [][]string{
		{"M180", acceptsOrphans},
		{"M181", acceptsNested},
		{"M183", typeOfLastFrame},
		{"M184", altersFragmented},
		{"M186", losesEmptyFirst},
		{"M187", pingResetsFragments},
		{"M188", ignoresCloseInFragments},
		{"M189", limitsFragments},
		{"M191", reversesFragments},
		{"M192", neverSetsFin},
		{"M194", acceptsAfterEnd},
		{"M195", pingFailsFragments},
		{"M196", firstFrameOfRead},
		{"M197", wantsWholeHeader},
		{"M198", deliversAtEnd},
		{"M199", swallowsEmptyBinary},
		{"M200", noUTF8Check},
		{"M203", acceptsSurrogates},
		{"M204", acceptsOverlong},
		{"M205", acceptsBeyondUnicode},
		{"M206", acceptsCutText},
		{"M207", acceptsCutFragments},
		{"M208", refusesNonchars},
		{"M209", checksBinary},
		{"M211", unifiesLineEnds},
		{"M212", replacesInvalid},
		{"M214", keepsTextState},
		{"M215", pingResetsText},
		{"M216", skipsTextCheck},
		{"M217", checksFirst1024},
		{"M218", checksFirst64},
		{"M219", cutsAtNUL},
		{"M223", normalizesText},
		{"M224", flipsBeyond150000},
		{"M225", swapsBlocks},
		{"M227", losesLineEnds},
	}
}

// closingCatalogue says which faults stand for M230 to M267.
func closingCatalogue() [][]string {
	return [][]string{
		{"M230", dropsOnClose},
		{"M233", closes1000},
		{"M234", closesEmpty},
		{"M235", dropsOnViolation},
		{"M236", acceptsReservedCodes},
		{"M237", answersEmptyWith1005},
		{"M238", acceptsHalfCode},
		{"M239", ignoresBadClose},
		{"M242", accepts1015},
		{"M243", acceptsHighCodes},
		{"M244", acceptsLowCodes},
		{"M245", acceptsUnassigned},
		{"M246", acceptsBadReason},
		{"M247", acceptsCutReason},
		{"M249", echoesBehindClose},
		{"M251", answersCloseLate},
		{"M253", answersHalfEmpty},
		{"M254", keepsFailedTCP},
		{"M255", ignoresFIN},
		{"M257", puts1010},
		{"M258", putsAnyCode},
		{"M259", putsLongReason},
		{"M260", closesBeforeQueue},
		{"M261", dropsAfterClose},
		{"M263", answersCrossing},
		{"M264", resetsTCP},
		{"M265", refusesNULInReason},
		{"M266", closesInsideFrame},
	}
}

// reportedCatalogue says which faults stand for R1 to R28.
func reportedCatalogue() [][]string {
	return [][]string{
		{"R1", connectionWhole},
		{"R2", connectionBySubstring, connectionFirstLine},
		{"R3", acceptsNoVersion, acceptsAnyVersion},
		{"R4", omitsVersionAnswer},
		{"R7", echoesSubprotocols},
		{"R8", addsContentLength, addsTransferCoding},
		{"R9", dropsBehindHead},
		{"R10", acceptsUnmasked},
		{"R11", acceptsMasked},
		{"R12", acceptsLong16},
		{"R14", wantsWholeLength},
		{"R15", refusesCutBehindE0, checksFragmentsAlone},
		{"R23", refusesNewCodes, accepts1015},
		{"R24", ignoresAccept},
		{"R25", dropsReadWithAnswer, dropsBehindHead},
		{"R28", allocatesDeclared},
	}
}
