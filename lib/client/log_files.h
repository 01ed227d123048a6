#pragma once
// The files of the services' logs in their directory (wire/log_name.h).

#include "base/result.h"
#include "wire/log_name.h"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::client {

struct LogFileName {
  std::string name;
  std::string rotated; ///< "20261124T065330.123456Z"; empty: not yet
  wire::Compression packing = wire::Compression::none;
};

/// The name of one that was rotated.
[[nodiscard]] std::string rotated_log(std::string_view service, std::string_view rotated,
                                      wire::Compression packing);

/// Those that were rotated, oldest first, each once: where a file and what it was compressed to are both
/// there, the file. What has another name is none of them. An error where the directory cannot be read.
[[nodiscard]] Result<std::vector<LogFileName>> rotated_logs(const std::string& directory,
                                                            std::string_view service);

/// Names of all services that have a log there, sorted. An error where the directory cannot be read.
[[nodiscard]] Result<std::vector<std::string>> logged_services(const std::string& directory);

} // namespace holdfast::client
