package extract

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
	gQuote
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
	tPlaintext:  gPre,
	tBlockquote: gQuote, tLi: gList, tDt: gList, tDd: gList, tH1: gHeading, tH2: gHeading, tH3: gHeading, tH4: gHeading, tH5: gHeading, tH6: gHeading,
	tCaption: hCaption, tAddress: hMeta,
}
