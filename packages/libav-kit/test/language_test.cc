#include <retrovue/libav/language.h>
#include <retrovue/test/runner.h>

#include <string_view>

using retrovue::libav::isLanguage;

TEST("language/each-kind-of-code-means-the-same") {
  // Two letters, and what containers write instead: terminological or bibliographic.
  const std::string_view same[][3] = {{"de", "deu", "ger"}, {"fr", "fra", "fre"}, {"nl", "nld", "dut"}, {"zh", "zho", "chi"},
                                      {"cs", "ces", "cze"}, {"is", "isl", "ice"}, {"es", "spa", "spa"}, {"ja", "jpn", "jpn"},
                                      {"pt", "por", "por"}, {"sv", "swe", "swe"}, {"pl", "pol", "pol"}, {"tr", "tur", "tur"},
                                      {"et", "est", "est"}, {"aa", "aar", "aar"}, {"zu", "zul", "zul"}, {"sq", "sqi", "alb"}};
  for (const auto& codes : same) {
    for (const auto asked : codes) {
      for (const auto given : codes) CHECK(isLanguage(asked, given));
    }
  }
}

TEST("language/what-only-begins-alike-is-another") {
  CHECK(!isLanguage("es", "est"));
  CHECK(!isLanguage("de", "den"));
  CHECK(!isLanguage("en", "enm"));
  CHECK(!isLanguage("ja", "jav"));
  CHECK(!isLanguage("pt", "pol"));
  CHECK(!isLanguage("el", "gre2"));
  CHECK(!isLanguage("deu", "dut"));
  // Letters of the table that are no code of it.
  CHECK(!isLanguage("ar", "aab"));
  CHECK(!isLanguage("de", "und"));
  CHECK(!isLanguage("de", ""));
  CHECK(!isLanguage("", ""));
  CHECK(!isLanguage("", "und"));
}

TEST("language/regions-and-capitals-say-nothing") {
  CHECK(isLanguage("pt-BR", "por"));
  CHECK(isLanguage("PT-br", "POR"));
  CHECK(isLanguage("en_GB", "en-US"));
  CHECK(isLanguage("zh-Hant-TW", "chi"));
  CHECK(!isLanguage("pt-BR", "bre"));
}

TEST("language/without-a-short-form-a-code-stands-for-itself") {
  CHECK(isLanguage("gsw", "gsw"));
  CHECK(isLanguage("qaa", "QAA"));
  CHECK(!isLanguage("gsw", "deu"));
}

TEST("language/a-stream-may-name-several") {
  CHECK(isLanguage("fr", "eng,fra"));
  CHECK(isLanguage("en", "eng,fra"));
  CHECK(!isLanguage("de", "eng,fra"));
}
