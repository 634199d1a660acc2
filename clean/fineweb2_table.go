package clean

// fineweb2Row is one language's table.
type fineweb2Row struct {
	lang             string     // ISO 639-1
	dupLines         float64    // dup_line_frac
	top              [3]float64 // top_n_grams
	dup              [6]float64 // dup_n_grams
	endLines         float64    // line_punct_thr
	minMean, maxMean float64    // min_avg_word_length, max_avg_word_length
	alphaWords       float64    // max_non_alpha_words_ratio, which in spite of its name is the least share of words with a letter
	newlines         float64    // new_line_ratio
	score            float64    // language_score, of GlotLID
	stopWords        string
}

// fineweb2Rows are the numbers of huggingface/fineweb-2, configs/*.yml, the last of the three versions there, by language. Stop words that are no
// words here (French and Italian "l'" and "d'", which the scanner leaves on the word behind them) are left out. English has no
// table there: Gopher's and FineWeb's numbers and lid176's bound stand in.
var fineweb2Rows = []fineweb2Row{
	{"ar", 0.304, [3]float64{0.197, 0.172, 0.146}, [6]float64{0.165, 0.153, 0.142, 0.131, 0.12, 0.109}, 0.143, 2, 9, 0.787, 0.189, 0.711,
		"، في من على إلى عام أن مع أو هو عن التي كان بين ما كانت هي المتحدة بعد"},
	{"cs", 0.311, [3]float64{0.206, 0.183, 0.165}, [6]float64{0.168, 0.157, 0.145, 0.133, 0.121, 0.109}, 0.06, 3, 11, 0.781, 0.182, 0.88,
		"v a se na je z s do"},
	{"de", 0.263, [3]float64{0.169, 0.153, 0.137}, [6]float64{0.141, 0.134, 0.126, 0.117, 0.108, 0.098}, 0, 0, 15, 0.774, 0.152, 0.821,
		"der und die in von im den des mit das er dem als wurde für"},
	{"el", 0.31, [3]float64{0.194, 0.175, 0.156}, [6]float64{0.174, 0.163, 0.153, 0.142, 0.13, 0.119}, 0.167, 3, 11, 0.809, 0.116, 0.826,
		"του και το της η την από ο με τον να που των στην για στο σε είναι τη τα οι"},
	{"en", 0.3, [3]float64{0.2, 0.18, 0.16}, [6]float64{0.15, 0.14, 0.13, 0.12, 0.11, 0.1}, 0.12, 3, 10, 0.8, 0.3, 0.65,
		"the be to of and that have with"},
	{"es", 0.252, [3]float64{0.156, 0.14, 0.125}, [6]float64{0.145, 0.136, 0.127, 0.117, 0.108, 0.099}, 0.182, 3, 14, 0.825, 0.138, 0.84,
		"de la en el y a que del los se por un con una las su"},
	{"fa", 0.246, [3]float64{0.189, 0.164, 0.143}, [6]float64{0.157, 0.147, 0.137, 0.127, 0.117, 0.107}, 0.2, 2, 9, 0.812, 0.15, 0.85,
		"در و ، به از که است این را با یک"},
	{"fr", 0.264, [3]float64{0.161, 0.149, 0.134}, [6]float64{0.15, 0.141, 0.131, 0.121, 0.111, 0.1}, 0.1, 2, 11, 0.812, 0.185, 0.824,
		"de la le et à en des du les est un une il dans par au"},
	{"he", 0.34, [3]float64{0.239, 0.202, 0.173}, [6]float64{0.16, 0.151, 0.14, 0.129, 0.118, 0.108}, 0.2, 2, 9, 0.799, 0.126, 0.9,
		"של את על הוא עם בשנת גם היה היא לאחר לא ידי בין או כי"},
	{"hi", 0.206, [3]float64{0.208, 0.198, 0.161}, [6]float64{0.135, 0.125, 0.116, 0.108, 0.099, 0.09}, 0.091, 2, 21, 0.837, 0.316, 0.692,
		"के में है की और से का को एक हैं पर"},
	{"id", 0.241, [3]float64{0.194, 0.166, 0.145}, [6]float64{0.166, 0.155, 0.144, 0.133, 0.122, 0.111}, 0.111, 3, 12, 0.805, 0.157, 0.685,
		"dan yang di pada dari ini dengan adalah untuk dalam"},
	{"it", 0.246, [3]float64{0.198, 0.156, 0.133}, [6]float64{0.144, 0.136, 0.127, 0.118, 0.109, 0.1}, 0.025, 3, 21, 0.807, 0.2, 0.817,
		"di e il la in a del che è della un per nel con da i una"},
	{"ja", 0.328, [3]float64{0.239, 0.196, 0.172}, [6]float64{0.243, 0.225, 0.207, 0.19, 0.175, 0.159}, 0.096, 1, 6, 0.759, 0.13, 0.886,
		"の に を は た て が と で 年 し ・ 月 れ さ"},
	{"ko", 0.374, [3]float64{0.282, 0.228, 0.185}, [6]float64{0.201, 0.184, 0.168, 0.154, 0.14, 0.127}, 0.062, 1, 6, 0.791, 0.196, 0.842,
		"의 다 이 는 에 을 한 년 하 은 를 했 고 에서 가 있 으로 인 월 로 되"},
	{"nl", 0.296, [3]float64{0.213, 0.182, 0.158}, [6]float64{0.156, 0.146, 0.136, 0.126, 0.115, 0.104}, 0.102, 3, 17, 0.828, 0.154, 0.689,
		"de van in het een en is op voor met door zijn werd hij uit"},
	{"pl", 0.32, [3]float64{0.222, 0.198, 0.176}, [6]float64{0.172, 0.16, 0.148, 0.136, 0.123, 0.111}, 0.087, 3, 12, 0.726, 0.158, 0.689,
		"w i na z do się roku od a jest przez po jako oraz o został był nie"},
	{"pt", 0.287, [3]float64{0.371, 0.191, 0.163}, [6]float64{0.163, 0.153, 0.141, 0.13, 0.119, 0.108}, 0.077, 3, 13, 0.814, 0.186, 0.799,
		"de a e o em do da que um no uma com para na é foi"},
	{"ru", 0.322, [3]float64{0.184, 0.164, 0.146}, [6]float64{0.168, 0.156, 0.145, 0.133, 0.121, 0.109}, 0.231, 3, 11, 0.713, 0.139, 0.9,
		"в и на с года по году из был к не от что за для его как а он также до после"},
	{"sv", 0.292, [3]float64{0.242, 0.195, 0.174}, [6]float64{0.156, 0.147, 0.136, 0.125, 0.116, 0.105}, 0.2, 3, 12, 0.841, 0.135, 0.629,
		"i och är av en som den med på till att för"},
	{"th", 0.349, [3]float64{0.221, 0.197, 0.162}, [6]float64{0.185, 0.168, 0.152, 0.137, 0.124, 0.111}, 0, 2, 10, 0.9, 0.153, 0.9,
		"ใน ที่ และ ของ เป็น มี การ ได้"},
	{"uk", 0.3, [3]float64{0.189, 0.172, 0.153}, [6]float64{0.16, 0.148, 0.136, 0.124, 0.113, 0.102}, 0.167, 3, 11, 0.694, 0.175, 0.9,
		"у в на і з та до року за що"},
	{"vi", 0.293, [3]float64{0.223, 0.197, 0.171}, [6]float64{0.178, 0.163, 0.15, 0.136, 0.124, 0.111}, 0.333, 3, 11, 0.803, 0.103, 0.802,
		"là và của một được trong năm các có loài này đã người"},
	{"zh", 0.287, [3]float64{0.256, 0.201, 0.171}, [6]float64{0.198, 0.182, 0.167, 0.154, 0.14, 0.127}, 0.106, 1, 5, 0.735, 0.178, 0.692,
		"的 年 在 月 是 和 日 了 於 · 為 有 被 人 中 为 他 與 後 也 而 由"},
}
