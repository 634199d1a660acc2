package clean

import (
	"bytes"
	"sync"
)

// phraseTable is what lines are compared with, in lower case.
type phraseTable struct {
	labels     map[string]uint8 // whole lines, by what they are: navigation or read more
	buttons    map[string]bool  // whole lines below a banner
	trails     map[string]bool  // words that stand between the separators of a menu in one line
	homes      map[string]bool  // where a trail of links begins
	headings   map[string]bool  // of a list of references
	separators [][]byte
	begins     [1 << 16]bool // the first two bytes of all labels, and of lines that share or tease, where the first is ASCII
	wide       [1 << 16]bool // likewise where it is not
}

// mayBegin tells whether a line begins like any label. Most lines do not, and need no closer look.
func (t *phraseTable) mayBegin(line []byte) bool {
	for len(line) > 0 && line[0] < 'A' {
		line = line[1:]
	}
	if len(line) < 3 || line[0] == '[' || bytes.HasPrefix(line, []byte("«")) || line[0] == 0xE2 {
		return true // decorated
	}
	if line[0] >= 0x80 {
		return t.wide[int(line[0])<<8|int(line[1])] || t.wide[int(line[0])<<8|int(line[1]^0x20)] || line[0] == 0xD0
	}
	return t.begins[int(line[0]|0x20)<<8|int(line[1]|0x20)]
}

func (t *phraseTable) begin(p string) {
	if p[0] < 0x80 {
		t.begins[int(p[0]|0x20)<<8|int(p[1]|0x20)] = true
		return
	}
	t.wide[int(p[0])<<8|int(p[1])] = true
}

// cutPhrases is built on first use.
var cutPhrases = sync.OnceValue(func() *phraseTable {
	t := &phraseTable{labels: map[string]uint8{}, buttons: map[string]bool{}, trails: map[string]bool{}, homes: map[string]bool{}, headings: map[string]bool{}}
	for _, n := range trailSeparators {
		t.separators = append(t.separators, []byte(n.text))
	}
	for _, p := range navigationLabels {
		t.labels[p] = cutNavigation
		t.begin(p)
	}
	for _, p := range readMoreLabels {
		t.labels[p] = cutReadMore
		t.begin(p)
	}
	for _, p := range bannerButtons {
		t.buttons[p] = true
	}
	for _, p := range trailWords {
		t.trails[p] = true
	}
	for _, p := range homeWords {
		t.homes[p], t.trails[p] = true, true
	}
	for _, list := range [][][]byte{shareVerbs, teaserVerbs} {
		for _, p := range list {
			t.begin(string(p))
		}
	}
	for _, p := range referenceHeadings {
		t.headings[p] = true
	}
	return t
})

var navigationLabels = []string{
	"skip to content", "skip to main content", "skip to navigation", "skip navigation", "jump to navigation", "jump to content",
	"jump to main content", "toggle navigation", "back to top", "return to top", "scroll to top", "go to top", "top of page", "main menu",
	"navigation menu", "next page", "previous page", "next post", "previous post", "next article", "previous article", "older posts",
	"newer posts", "share this", "share this page", "share this article", "share this post", "print this page", "email this page",
	"email this", "email to a friend", "send to a friend", "tweet", "tweet this", "pin it", "follow us", "subscribe to our newsletter",
	"sign up for our newsletter", "log in", "sign in", "log in / register", "you are here", "site map", "sitemap",
	"zum inhalt springen", "zum inhalt", "direkt zum inhalt", "nach oben", "zurück nach oben", "seite drucken", "artikel drucken",
	"aller au contenu", "aller au contenu principal", "haut de page", "retour en haut", "page suivante", "page précédente", "partager",
	"ir al contenido", "saltar al contenido", "saltar a contenido", "volver arriba", "compartir", "página siguiente", "página anterior",
	"vai al contenuto", "salta al contenuto", "torna su", "condividi", "ir para o conteúdo", "pular para o conteúdo", "voltar ao topo",
	"compartilhar", "ga naar inhoud", "naar boven", "przejdź do treści", "do góry", "перейти к содержимому", "перейти к основному содержанию",
	"наверх", "поделиться", "跳转到内容", "跳到主要内容", "返回顶部", "回到顶部", "上一页", "下一页", "分享到", "コンテンツへスキップ", "ページトップへ",
	"前のページ", "次のページ", "본문 바로가기",
}

var readMoreLabels = []string{
	"read more", "read the full article", "read full article", "read the full story", "read full story", "read the rest", "continue reading",
	"keep reading", "learn more", "see more", "show more", "view more", "load more", "view all", "see all", "click here to read more",
	"find out more", "more info", "weiterlesen", "mehr lesen", "mehr erfahren", "lesen sie mehr", "mehr anzeigen", "lire la suite", "lire plus",
	"en savoir plus", "voir plus", "leer más", "seguir leyendo", "ver más", "saber más", "leggi tutto", "leggi di più", "continua a leggere",
	"scopri di più", "ler mais", "leia mais", "continue lendo", "saiba mais", "ver mais", "lees meer", "lees verder", "czytaj więcej",
	"czytaj dalej", "läs mer", "læs mere", "les mer", "lue lisää", "číst dále", "více", "devamını oku", "читать далее", "читать дальше",
	"читать полностью", "подробнее", "показать ещё", "阅读更多", "阅读全文", "查看更多", "查看全文", "閱讀更多", "続きを読む", "もっと見る", "더 보기", "더보기",
	"xem thêm", "đọc tiếp", "baca selengkapnya", "اقرأ المزيد", "قراءة المزيد", "διαβάστε περισσότερα",
}

// bannerButtons stand below a banner; elsewhere they mean nothing.
var bannerButtons = []string{
	"accept", "accept all", "accept cookies", "accept all cookies", "allow all", "allow all cookies", "i accept", "i agree", "agree", "got it",
	"ok", "okay", "close", "dismiss", "decline", "reject", "reject all", "necessary only", "only necessary cookies", "manage preferences",
	"manage cookies", "cookie settings", "cookies settings", "cookie preferences", "cookie policy", "privacy policy", "settings", "preferences",
	"customize", "customise", "save preferences", "learn more", "read more", "more information", "more info", "privacy settings",
	"akzeptieren", "alle akzeptieren", "alle cookies akzeptieren", "ablehnen", "alle ablehnen", "einstellungen", "cookie-einstellungen",
	"mehr erfahren", "mehr informationen", "datenschutzerklärung", "einverstanden", "verstanden", "schließen", "accepter", "tout accepter",
	"tout refuser", "refuser", "j'accepte", "paramétrer", "en savoir plus", "fermer", "personnaliser", "aceptar", "aceptar todo",
	"aceptar todas", "rechazar", "rechazar todo", "configurar", "más información", "cerrar", "aceitar", "aceitar todos", "rejeitar", "saiba mais",
	"fechar", "accetta", "accetta tutti", "rifiuta", "chiudi", "maggiori informazioni", "accepteren", "alles accepteren", "weigeren",
	"meer informatie", "akceptuję", "zgadzam się", "zamknij", "принять", "принять все", "согласен", "закрыть", "подробнее", "接受", "同意", "全部接受", "同意する",
}

var homeWords = []string{"home", "homepage", "start", "startseite", "accueil", "inicio", "início", "página inicial", "strona główna", "hem",
	"главная", "首页", "主页", "ホーム", "trang chủ"}

var trailWords = []string{"next", "previous", "prev", "up", "top", "index", "contents", "table of contents", "modules", "about", "about us", "contact",
	"contact us", "help", "faq", "login", "log in", "sign in", "sign up", "register", "logout", "log out", "site map", "sitemap", "privacy",
	"privacy policy", "terms", "terms of use", "terms of service", "terms and conditions", "legal", "imprint", "search", "rss", "print", "share",
	"email", "facebook", "twitter", "kontakt", "impressum", "datenschutz", "agb", "suche", "weiter", "zurück", "suivant", "précédent", "contact",
	"mentions légales", "siguiente", "anterior", "contacto", "aviso legal", "contatti", "precedente", "successivo", "próximo", "contato",
	"контакты", "далее", "назад", "карта сайта", "поиск", "联系我们", "关于我们", "上一篇", "下一篇", "上一页", "下一页", "网站地图"}

var referenceHeadings = []string{"references", "reference", "bibliography", "literature cited", "works cited", "references cited", "references and notes",
	"notes and references", "literatur", "literaturverzeichnis", "quellen", "références", "references bibliographiques", "références bibliographiques",
	"bibliographie", "referencias", "referencias bibliográficas", "bibliografía", "referências", "referências bibliográficas", "bibliografia",
	"riferimenti bibliografici", "literatuur", "referenser", "literatura", "список литературы", "литература", "参考文献", "參考文獻", "참고문헌"}

// bannerPhrases are what banners say of themselves and to their reader, in the first person or of "this site": an article about
// cookies says such things of others. Every one stands beside a stem of cookieStems.
var bannerPhrases = []string{
	"we use cookies", "we also use cookies", "we use our own and third", "we use necessary cookies", "we use essential cookies", "we and our partners",
	"we and third parties use cookies", "we would like to use cookies", "we'd like to use", "this site uses cookies", "this website uses cookies",
	"this web site uses cookies", "this page uses cookies", "this blog uses cookies", "our website uses cookies", "our site uses cookies",
	"our websites use cookies", "site uses cookies to", "website uses cookies to", "our use of cookies", "agree to the use of cookies",
	"consent to the use of cookies", "accept the use of cookies", "consent to our use", "you accept our use", "you agree to our use", "use of cookies on this",
	"by continuing to use", "by continuing to browse", "by continuing to visit", "by using this site", "by using our", "accept all cookies", "manage your cookie", "change your cookie", "cookies on this site",
	"cookies on this website", "cookies on our website", "cookies on our site",
	"wir verwenden cookies", "wir nutzen cookies", "wir setzen cookies", "wir benutzen cookies", "verwenden wir cookies", "nutzen wir cookies",
	"diese website verwendet cookies", "diese webseite verwendet cookies", "diese seite verwendet cookies", "diese website benutzt cookies",
	"diese website nutzt cookies", "diese seite nutzt cookies", "unsere website verwendet", "verwendung von cookies zu", "nutzung von cookies zu",
	"verwendung von cookies einverstanden", "nutzung von cookies einverstanden",
	"nous utilisons des cookies", "nous utilisons les cookies", "utilisons des cookies", "ce site utilise des cookies", "ce site web utilise des cookies",
	"ce site internet utilise", "vous acceptez l'utilisation", "acceptez l'utilisation de cookies", "en poursuivant votre navigation",
	"utilizamos cookies", "usamos cookies", "utilizamos las cookies", "este sitio web utiliza cookies", "este sitio utiliza cookies", "este sitio web usa cookies",
	"este sitio usa cookies", "esta web utiliza cookies", "esta página utiliza cookies", "esta página web utiliza cookies", "acepta el uso de cookies",
	"acepta su uso", "si continúa navegando", "si continua navegando", "utilizziamo i cookie", "utilizziamo cookie", "usiamo i cookie", "usiamo cookie",
	"questo sito utilizza", "questo sito usa", "questo sito web utilizza", "acconsenti all'uso", "all'uso dei cookie", "all'utilizzo dei cookie",
	"este site utiliza cookies", "este site usa cookies", "este website utiliza cookies", "nosso site usa cookies", "o nosso site utiliza", "concorda com o uso",
	"ao continuar a navegar", "ao continuar navegando", "wij gebruiken cookies", "we gebruiken cookies", "deze website gebruikt cookies", "deze site gebruikt cookies",
	"deze website maakt gebruik", "deze site maakt gebruik", "używamy plików cookie", "używamy cookies", "ta strona używa", "ta strona korzysta",
	"strona korzysta z plików cookie", "serwis wykorzystuje pliki cookie", "stosujemy pliki cookie", "wykorzystujemy pliki cookie", "vi använder cookies",
	"webbplatsen använder cookies", "den här webbplatsen använder", "vi bruger cookies", "hjemmeside bruger cookies", "vi bruker cookies",
	"vi bruker informasjonskapsler", "käytämme evästeitä", "sivusto käyttää evästeitä", "používáme cookies", "používáme soubory cookie", "tento web používá",
	"tato stránka používá", "folosim cookie", "utilizează cookie", "folosește cookie", "cookie-kat használ", "çerez kullan", "çerezleri kullan",
	"мы используем файлы cookie", "мы используем cookie", "мы используем куки", "сайт использует файлы cookie", "сайт использует cookie", "сайт использует куки",
	"использованием файлов cookie", "использование файлов cookie", "χρησιμοποιούμε cookies", "χρησιμοποιεί cookies", "我们使用cookie", "我们使用 cookie",
	"本网站使用cookie", "本网站使用 cookie", "本站使用cookie", "本站使用 cookie", "我們使用 cookie", "cookieを使用して", "クッキーを使用", "쿠키를 사용", "sử dụng cookie",
}

// rights are the phrases of a notice of rights.
var rights = []string{"all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "todos los derechos reservados",
	"todos os direitos reservados", "tutti i diritti riservati", "alle rechten voorbehouden", "wszelkie prawa zastrzeżone", "все права защищены", "版权所有",
	"保留所有权利", "保留一切权利", "無断転載を禁"}

// platforms are where pages are shared.
var platforms = []string{"facebook", "twitter", " x ", "linkedin", "pinterest", "reddit", "whatsapp", "email", "e-mail", "tumblr", "telegram", "google",
	"instagram", "youtube", "mastodon", "bluesky", "threads", "вконтакте", "одноклассник", "微博", "微信"}
