#include "observer/secrets.h"

#include "observer/base64.h"
#include "observer/words.h"

#include <algorithm>

namespace holdfast::observer {
namespace {

constexpr std::string_view mask = "***";

/// Fewer bytes at the end of a text are the beginning of a secret by chance.
constexpr std::size_t shortest_beginning = 4;

void mask_all(std::string& text, std::string_view secret) {
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + mask.size()))
    text.replace(at, secret.size(), mask);
}

void mask_beginning_at_end(std::string& text, std::string_view secret) {
  for (auto size = std::min(text.size(), secret.size() - 1); size >= shortest_beginning; --size)
    if (text.ends_with(secret.substr(0, size))) {
      text.replace(text.size() - size, size, mask);
      return;
    }
}

} // namespace

Secrets::Secrets(const wire::ProbeQuestion& question) {
  if (question.secret.empty() || question.secret == question.user) return;
  if (!question.user.empty()) secrets_.push_back(base64(question.user + ':' + question.secret));
  secrets_.push_back(question.secret);
}

std::string Secrets::masked(std::string text) const {
  for (const std::string& secret : secrets_)
    mask_all(text, secret);
  for (const std::string& secret : secrets_)
    mask_beginning_at_end(text, secret);
  return text;
}

std::string Secrets::excerpt(std::string_view text, std::size_t most) const {
  return observer::excerpt(masked(std::string(text)), most);
}

std::string Secrets::quoted(std::string_view said) const {
  constexpr std::size_t most = 60;
  return '"' + excerpt(said, most) + '"';
}

} // namespace holdfast::observer
