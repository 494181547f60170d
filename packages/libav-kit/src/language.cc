#include <retrovue/libav/language.h>

#include <algorithm>
#include <string>

namespace retrovue::libav {

namespace {

/// The two letters of ISO 639-1 and the three of ISO 639-2 (terminological) for the same language, as the register of ISO 639-2 pairs
/// them (Library of Congress, www.loc.gov/standards/iso639-2).
constexpr std::string_view shortForms =
    "aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze babak bebel bgbul bhbih "
    "bibis bmbam bnben bobod brbre bsbos cacat ceche chcha cocos crcre csces cuchu cvchv cycym dadan "
    "dedeu dvdiv dzdzo eeewe elell eneng eoepo esspa etest eueus fafas ffful fifin fjfij fofao frfra "
    "fyfry gagle gdgla glglg gngrn guguj gvglv hahau heheb hihin hohmo hrhrv hthat huhun hyhye hzher "
    "iaina idind ieile igibo iiiii ikipk ioido isisl itita iuiku jajpn jvjav kakat kgkon kikik kjkua "
    "kkkaz klkal kmkhm knkan kokor krkau kskas kukur kvkom kwcor kykir lalat lbltz lglug lilim lnlin "
    "lolao ltlit lulub lvlav mgmlg mhmah mimri mkmkd mlmal mnmon mrmar msmsa mtmlt mymya nanau nbnob "
    "ndnde nenep ngndo nlnld nnnno nonor nrnbl nvnav nynya ococi ojoji omorm orori ososs papan pipli "
    "plpol pspus ptpor quque rmroh rnrun roron rurus rwkin sasan scsrd sdsnd sesme sgsag sisin skslk "
    "slslv smsmo snsna sosom sqsqi srsrp ssssw stsot susun svswe swswa tatam tetel tgtgk ththa titir "
    "tktuk tltgl tntsn toton trtur tstso tttat twtwi tytah uguig ukukr ururd uzuzb veven vivie vovol "
    "wawln wowol xhxho yiyid yoyor zazha zhzho zuzul ";

/// The same with the bibliographic code, of the twenty languages that have one.
constexpr std::string_view bibliographicForms =
    "botib cscze cywel deger elgre eubaq faper frfre hyarm isice kageo mimao mkmac msmay mybur "
    "nldut rorum skslo sqalb zhchi";

/// The two letters for three; empty where there are none.
std::string_view shortFormIn(std::string_view forms, std::string_view letters) {
  constexpr std::size_t groupLength = 6;
  for (std::size_t at = 0; at + groupLength - 1 <= forms.size(); at += groupLength) {
    if (forms.substr(at + 2, 3) == letters) return forms.substr(at, 2);
  }
  return {};
}

/// The primary language of a tag, in small letters and by its shortest code.
std::string primaryOf(std::string_view tag) {
  std::string letters;
  for (const char it : tag.substr(0, tag.find_first_of("-_"))) {
    if (it != ' ') letters += static_cast<char>(it >= 'A' && it <= 'Z' ? it - 'A' + 'a' : it);
  }
  if (letters.size() != 3) return letters;
  for (const std::string_view forms : {shortForms, bibliographicForms}) {
    if (const auto found = shortFormIn(forms, letters); !found.empty()) return std::string(found);
  }
  return letters;
}

}  // namespace

bool isLanguage(std::string_view asked, std::string_view given) {
  const std::string wanted = primaryOf(asked);
  if (wanted.empty()) return false;
  for (std::size_t at = 0; at <= given.size();) {
    const std::size_t end = std::min(given.find(',', at), given.size());
    if (primaryOf(given.substr(at, end - at)) == wanted) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace retrovue::libav
