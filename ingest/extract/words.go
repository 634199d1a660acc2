package extract

// The words in this file are what the extractor knows about how people name things. They were collected by looking at which
// class and id words stand on main text and which on everything else, over news pages, blogs, encyclopedias and documentation.

// A hint is what an element's name, class, id, role or style says about its content. Hints of an element hold for its subtree.
type hint uint64

const (
	hComment  hint = 1 << iota // readers' comments
	hRelated                   // other articles: related, popular, recommended
	hShare                     // social buttons
	hNav                       // menus, breadcrumbs, paging
	hFooter                    // footer, copyright, legal
	hSide                      // sidebars
	hAd                        // advertisements, sponsored matter
	hSub                       // newsletters, subscriptions, sign-in, consent
	hMeta                      // dates, sections, counters
	hTags                      // lists of tags and categories
	hBio                       // about the author
	hAuthor                    // byline
	hMedia                     // galleries, players, slides
	hCaption                   // captions and credits
	hWidget                    // widgets, pop-ups, banners
	hButton                    // buttons, calls to action
	hMore                      // read more, promos, teasers
	hHead                      // page or article heading, masthead
	hNotice                    // disclaimers, cookie notices
	hNoPrint                   // not for print, screen readers only
	hHidden                    // not displayed: never text
	hAriaOff                   // aria-hidden
	hBody                      // class names of the text itself
	hContent                   // class names of the region around the text
	hItemBody                  // itemprop="articleBody"
	gAside                     // <aside> … and so on, from here by tag
	gFooter
	gNav
	gHeader
	gForm
	gFigure
	gFigcap
	gArticle
	gMain
	gTable
	gPre
	gList
	gHeading
)

// never marks what is not main text wherever the container is not most of the page; against is merely suspicious.
const (
	never   = hComment | hRelated | hShare | hNav | hFooter | hSide | hAd | hSub | hTags | hBio | gAside | gFooter | gNav
	against = never | hMeta | hAuthor | hMedia | hCaption | hWidget | hButton | hMore | hHead | hNotice | hNoPrint | hAriaOff |
		gHeader | gForm
)

var tagHints = [256]hint{
	tAside: gAside, tFooter: gFooter, tNav: gNav, tMenu: gNav, tHeader: gHeader, tForm: gForm, tFieldset: gForm,
	tFigure: gFigure, tFigcaption: gFigcap, tArticle: gArticle, tMain: gMain, tTable: gTable, tPre: gPre, tListing: gPre, tXmp: gPre,
	tPlaintext: gPre,
	tLi:        gList, tH1: gHeading, tH2: gHeading, tH3: gHeading, tH4: gHeading, tH5: gHeading, tH6: gHeading,
	tCaption: hCaption, tAddress: hMeta,
}

// nameWords are looked for in classes and ids, in lower case. "-" is any boundary: a character that is no letter, or the end.
var nameWords = []struct {
	hint  hint
	words []string
}{
	{hComment, []string{"-comments", "-comment-", "comment-", "commentlist", "commentform", "commentbox", "commentarea", "comments-",
		"-disqus", "-dsq-", "-respond-", "-reply-", "-replies", "discussion", "livefyre", "kommentar", "comentario", "commentaires"}},
	{hRelated, []string{"related", "recommend", "popular", "trending", "most-read", "mostread", "-latest", "recent-", "-recent", "more-stories",
		"more-news", "also-like", "read-next", "readnext", "up-next", "-outbrain", "taboola", "-ob-", "zergnet", "similar", "suggest",
		"carousel", "headlines", "top-stories", "topstories", "editors-pick", "-river-", "storylist", "-teasers", "mostpopular",
		"nextprev", "next-article", "onward", "jp-relatedposts", "-recirc", "further-reading", "-seealso", "-siblings"}},
	{hShare, []string{"-share", "share-", "sharing", "sharedaddy", "-social", "social-", "socials-", "addthis", "addtoany", "facebook", "twitter-share", "twitter-follow", "twitter-btn",
		"pinterest", "linkedin", "whatsapp", "flipboard", "instagram", "-follow-", "followus", "gigya", "shareaholic", "-likes-", "sociable"}},
	{hNav, []string{"-nav-", "-navbar", "navigation", "-menu", "menu-", "submenu", "breadcrumb", "pagination", "-pager", "-paging", "-sitenav",
		"subnav", "topnav", "mainnav", "-navi", "-toc-", "-tabs-", "skip-link", "-skip-", "-prev-", "-jump", "hamburger", "-sitemap",
		"rellinks", "sphinxsidebar", "-catlinks", "mw-editsection", "-printfooter", "languages-bar", "-toolbar", "quickview"}},
	{hFooter, []string{"-footer-", "-foot-", "site-footer", "page-footer", "pagefooter", "footer-", "copyright", "colophon", "-bottom-bar", "-footnav",
		"-legal", "-credits-bar"}},
	{hSide, []string{"sidebar", "-side-", "side-bar", "-aside-", "right-rail", "rightrail", "-rail-", "-right-col", "rightcol", "-secondary-",
		"sidecol", "-left-col", "leftcol", "-rhs-", "side-column", "complementary"}},
	{hAd, []string{"-ad-", "-ads-", "advert", "-adv-", "sponsor", "-promoted", "adsense", "adslot", "ad-slot", "-dfp", "-gpt-ad", "-banner-ad",
		"ad-container", "adcontainer", "-adunit", "ad-unit", "paid-content", "affiliate", "-admz", "-wppaszone"}},
	{hSub, []string{"subscribe", "subscription", "newsletter", "-signup", "sign-up", "signin", "sign-in", "-login", "-register-", "paywall", "-mailchimp",
		"mc-embed", "email-alert", "-optin", "-donate", "donation", "-membership-", "meter-", "regwall",
		"cookie", "-consent", "gdpr", "privacy-overview"}},
	{hMeta, []string{"-meta-", "metadata", "-date-", "-dateline", "timestamp", "published", "-pubdate", "-updated-", "-time-", "-count-", "-counter",
		"post-info", "entry-info", "article-info", "-views-", "datetime", "reading-time", "read-time", "-kicker", "-eyebrow", "-posted-",
		"-category-name", "last-modified", "lastmod", "-postmeta", "entry-utility", "-stats-"}},
	{hTags, []string{"-tags-", "-tag-list", "taglist", "-tagged", "tag-links", "post-tags", "-topics-", "taxonomy", "-keywords-", "-categories-",
		"cat-links", "tagcloud", "entry-tags", "article-tags", "-labels-", "posted-in"}},
	{hBio, []string{"author-bio", "authorbio", "-bio-", "about-author", "abouttheauthor", "about-the-author", "author-box", "authorbox", "author-info",
		"authorinfo", "author-desc", "author-profile", "author-card", "-vcard-bio", "contributor-bio", "writer-bio", "authorship"}},
	{hAuthor, []string{"byline", "-author-", "-authors-", "-author-name", "authorname", "-vcard-", "contributor", "-writer-", "-reporter-"}},
	{hMedia, []string{"-gallery", "gallery-", "slideshow", "slider", "-slide-", "-video-", "videoplayer", "-player-", "-jwplayer", "-media-",
		"thumbnail", "-thumb-", "lightbox", "-audio-", "-photo-", "-playlist", "infobox-image", "-embed-"}},
	{hCaption, []string{"caption", "-credit-", "-credits-", "-photo-credit", "photographer", "-cutline", "image-source", "-attribution"}},
	{hWidget, []string{"-widget", "widget-", "-popup", "-modal", "-popover", "-overlay-box", "-banner-", "-tooltip", "-flyout", "-notification",
		"-promo", "-callout-", "interstitial", "-toast-", "-poll-", "-quiz-", "-weather", "ticker", "-survey"}},
	{hButton, []string{"-btn", "button", "-cta-", "-actions-", "-action-bar", "-print-", "-tools-", "article-tools", "-feedback", "-rating", "-vote"}},
	{hMore, []string{"read-more", "readmore", "-more-link", "teaser", "-promo-", "see-more", "-more-", "-inline-link", "-pullquote", "-pull-quote",
		"pulledquote", "-factbox", "-infobox", "-navbox", "-hatnote", "-sidenote", "-linkbox", "topper"}},
	{hHead, []string{"masthead", "-header-", "site-header", "page-header", "pageheader", "article-header", "entry-header", "-headline", "-hed-",
		"-subtitle", "-subhead-", "-dek-", "-deck-", "-standfirst", "-title-", "-heading-", "-topbar", "-hero-", "entry-title", "post-title"}},
	{hNotice, []string{"disclaimer", "disclosure", "-correction", "-notice-", "-privacy", "-terms-", "-legal-", "-alert-", "-message-", "-error-",
		"editors-note", "-trust-", "-policy"}},
	{hNoPrint, []string{"noprint", "no-print", "hidden-print", "-sr-only", "screen-reader", "visually-hidden", "visuallyhidden", "-hide-", "-hidden-",
		"invisible", "offscreen", "robots-nocontent", "nocontent", "display-none", "-noexcerpt"}},
	{hBody, []string{"article-body", "articlebody", "article-content", "articlecontent", "article-text", "articletext", "entry-content", "entrycontent",
		"post-content", "postcontent", "post-body", "postbody", "story-body", "storybody", "story-content", "storycontent", "story-text",
		"storytext", "body-copy", "bodycopy", "-article-copy", "body-text", "bodytext", "text-body", "content-body", "contentbody",
		"news-content", "news-text", "newstext", "article-main", "articlemain", "-wysiwyg", "rich-text", "richtext", "single-content",
		"blog-content", "story-detail", "article-detail", "-postarea", "mw-parser-output", "page-content", "pagecontent", "td-post-content",
		"post-entry", "article-page-text", "-field-name-body", "field-body", "-markdown-body", "-prose-", "main-article", "speakable",
		"artikel-text", "detail-text", "-noticia-", "-cuerpo-", "-texto-", "materia-", "contenido"}},
	{hContent, []string{"-content-", "-main-", "maincontent", "main-content", "-article-", "-story-", "-post-", "-entry-", "-text-", "-body-",
		"-single-", "-hentry-", "-primary-", "-document-", "-blogpost-"}},
}

// leadIns begin short blocks that point away from the page or are not the author's words, in lower case.
var leadIns = []string{
	"read more", "read also", "also read", "read:", "related:", "related stor", "see also:", "more:", "watch:", "photos:", "video:", "listen:",
	"click here", "sign up", "subscribe", "follow us", "follow @", "like us on", "share this", "share on", "tweet", "advertisement",
	"story continues below", "article continues", "continue reading", "copyright", "©", "all rights reserved", "reporting by", "editing by",
	"(reporting by", "writing by", "photo by", "photo:", "image:", "image credit", "image source", "photo credit", "photograph:", "source:",
	"by clicking", "by continuing", "this site uses cookies", "we use cookies", "please enable javascript", "you need javascript",
	"enable javascript", "posted by", "posted on", "posted in", "published on", "published:", "updated:", "last updated", "filed under",
	"tags:", "tagged", "categories:", "category:", "leave a comment", "leave a reply", "comments are closed", "add a comment", "view comments",
	"log in", "sign in", "register", "you may also", "you might also", "recommended", "next article", "previous article", "next:", "previous:",
	"don't miss", "trending", "most read", "most popular", "download the", "get the latest", "join the conversation", "join our",
	"contact us", "contact the", "email the", "email:", "print this", "report this", "this article originally", "this story originally",
	"disclosure:", "terms of", "privacy policy", "save my name", "your email", "required fields", "thank you for", "loading", "related article",
	"lesen sie auch", "mehr zum thema", "lire aussi", "à lire", "leia também", "leia mais", "saiba mais", "veja também", "lea también",
	"lee también", "ver más", "leggi anche", "lees ook", "läs också", "czytaj", "zobacz", "читайте", "подробнее", "смотрите", "поделиться",
	"комментарии", "関連記事", "続きを読む", "相关", "阅读更多", "版权", "责任编辑", "더보기", "관련기사", "devamı", "okumaya devam",
}
