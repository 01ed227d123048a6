#include "observer/peer_words.h"

#include "observer/words.h"

namespace holdfast::observer {

std::string quoted(std::string_view said) {
  constexpr std::size_t most = 60;
  return '"' + excerpt(said, most) + '"';
}

std::string without_password(std::string words, const wire::ProbeQuestion& question) {
  if (question.secret == question.user) return words;
  return without_secret(std::move(words), question.secret);
}

} // namespace holdfast::observer
