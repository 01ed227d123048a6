#pragma once

#include "client/log_merge.h"
#include "client/options.h"
#include "client/terminal.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::client {

/// Writes lines of logs as they are asked for: as they are in the files, with the service in front where
/// there are several; as JSON; or raw. What could steer a terminal does not get there in any form.
class LogPrinter {
public:
  /// `terminal` is borrowed.
  LogPrinter(Terminal& terminal, const Options& options, const std::vector<std::string>& services);

  /// False when nobody reads any more. What is written may be kept until flush().
  [[nodiscard]] bool print(const MergedLine& merged);
  [[nodiscard]] bool flush();

private:
  void add_json(const MergedLine& merged);
  void add_raw(const LineView& line);
  void add_short(const MergedLine& merged);
  void add(std::string_view text);

  Terminal& terminal_;
  bool json_;
  bool raw_;
  std::vector<std::string> services_;
  std::vector<std::string> columns_; ///< what stands in front of each one's lines
  std::string text_;
};

} // namespace holdfast::client
