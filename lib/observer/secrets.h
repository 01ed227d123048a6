#pragma once

#include "wire/observer.h"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::observer {

/// What the words of a question's answer must not show, though the peer echo it: its password, by itself and
/// as basic authentication sends it. A password that is the user's name too stays: the words need the name.
class Secrets {
public:
  Secrets() = default;
  explicit Secrets(const wire::ProbeQuestion& question);

  /// The text with "***" for each of them, and for the beginning of one at the text's end, since a peer's
  /// words may have come in part. For text that nothing was cut from yet: what is left of a secret that was
  /// cut elsewhere is not known any more.
  [[nodiscard]] std::string masked(std::string text) const;
  /// The excerpt (observer/words.h) of the masked text.
  [[nodiscard]] std::string excerpt(std::string_view text, std::size_t most = 80) const;
  /// The beginning of what a peer said, masked, in one line and in quotes.
  [[nodiscard]] std::string quoted(std::string_view said) const;

private:
  std::vector<std::string> secrets_; ///< none is empty
};

} // namespace holdfast::observer
