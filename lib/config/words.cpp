#include "config/words.h"

#include "config/characters.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace holdfast::config {
namespace {

constexpr std::string_view blank = " \t\n\r";

std::string utf8(std::uint32_t code) {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80U | (code >> shift & 0x3fU)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0U | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0U | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0U | code >> 18), tail(12), tail(6), tail(0)};
}

/// The character of a one-letter escape; nothing for another letter.
std::optional<char> simple_escape(char letter) {
  constexpr std::string_view letters = "abfnrtv\\\"'s";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\\"' ";
  const std::size_t at = letters.find(letter);
  if (at == std::string_view::npos) return std::nullopt;
  return meanings[at];
}

class Splitter {
public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  std::variant<std::vector<std::string>, Flaw> split() {
    std::vector<std::string> words;
    while (skip_blanks()) {
      words.push_back(word());
      if (flaw_.none() && !is_text(words.back())) flaw_ = {"escapes that make no UTF-8", {}};
      if (!flaw_.none()) return flaw_;
    }
    return words;
  }

private:
  bool skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(blank), rest_.size()));
    return !rest_.empty();
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string word() {
    std::string word;
    char quote = '\0';
    while (flaw_.none() && !rest_.empty()) {
      if (quote == '\0' && blank.find(rest_.front()) != std::string_view::npos) return word;
      const char c = take();
      if (c == '\\')
        word += escape();
      else if (quote != '\0' && c == quote)
        quote = '\0';
      else if (quote == '\0' && (c == '"' || c == '\''))
        quote = c;
      else
        word += c;
    }
    if (quote != '\0') flaw_ = {"the command's closing quote is missing", {}};
    return word;
  }

  std::string escape() {
    if (rest_.empty()) return fail("\\");
    const char c = take();
    if (const auto simple = simple_escape(c)) return {*simple};
    switch (c) {
    case 'x': return numeric(2, 16, 0xff);
    case 'u': return numeric(4, 16, 0xffff);
    case 'U': return numeric(8, 16, 0x10ffff);
    case '0':
    case '1':
    case '2':
    case '3': rest_ = {rest_.data() - 1, rest_.size() + 1}; return numeric(3, 8, 0xff);
    default: return fail({'\\', c});
    }
  }

  /// \x and octal name a byte, \u and \U a character.
  std::string numeric(std::size_t digits, int base, std::uint32_t most) {
    const std::string_view text = rest_.substr(0, digits);
    std::uint32_t code = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), code, base);
    const bool whole = text.size() == digits && end == text.data() + text.size() && bad == std::errc{};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (!whole || code == 0 || code > most || surrogate) return fail("\\" + std::string(text));
    rest_.remove_prefix(digits);
    return most == 0xff ? std::string{static_cast<char>(code)} : utf8(code);
  }

  std::string fail(const std::string& escape) {
    flaw_ = {"the escape " + in_quotes(escape) + " is unknown", "a backslash is written \\\\"};
    return {};
  }

  std::string_view rest_;
  Flaw flaw_;
};

} // namespace

std::variant<std::vector<std::string>, Flaw> split_words(std::string_view text) {
  return Splitter(text).split();
}

} // namespace holdfast::config
