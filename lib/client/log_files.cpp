#include "client/log_files.h"

#include "wire/control.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

namespace holdfast::client {
namespace {

Result<std::vector<std::string>> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error);
       !error && entry != std::filesystem::end(entry); entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error == std::errc::permission_denied)
    return Error{directory + ": Permission denied (root and members of group adm may read the logs)", EACCES};
  if (error) return system_error(directory, error.value());
  return names;
}

/// Whose log a file of that name is.
std::optional<std::string> service_of(const std::string& name) {
  if (auto parsed = wire::parse_log_name(name))
    return parsed->unfinished ? std::nullopt : std::optional(std::move(parsed->service));
  std::string service = name.substr(0, name.find('.'));
  if (!wire::is_service_name(service) || name != wire::current_log(service)) return std::nullopt;
  return service;
}

} // namespace

std::string rotated_log(std::string_view service, std::string_view rotated, wire::Compression packing) {
  wire::LogName name;
  name.service = service;
  name.moment = rotated;
  name.compression = packing;
  return text_of(name);
}

Result<std::vector<LogFileName>> rotated_logs(const std::string& directory, std::string_view service) {
  std::vector<LogFileName> files;
  // A file that is compressed while its directory is read may be met under neither name (readdir(3) promises
  // nothing of what comes and goes meanwhile). It is compressed once: one of two readings has it.
  for (int reading = 0; reading < 2; ++reading) {
    auto names = names_in(directory);
    if (!names) return names.error();
    for (std::string& name : names.value()) {
      const auto parsed = wire::parse_log_name(name);
      if (parsed && parsed->service == service && !parsed->unfinished)
        files.push_back({.name = std::move(name), .rotated = parsed->moment, .packing = parsed->compression});
    }
  }
  std::sort(files.begin(), files.end(), [](const LogFileName& a, const LogFileName& b) {
    return std::pair(a.rotated, a.packing) < std::pair(b.rotated, b.packing);
  });
  const auto twins = std::unique(files.begin(), files.end(), [](const LogFileName& a, const LogFileName& b) {
    return a.rotated == b.rotated;
  });
  files.erase(twins, files.end());
  return files;
}

Result<std::vector<std::string>> logged_services(const std::string& directory) {
  const auto names = names_in(directory);
  if (!names) return names.error();
  std::set<std::string> services;
  for (const std::string& name : names.value())
    if (auto service = service_of(name)) services.insert(std::move(*service));
  return std::vector<std::string>(services.begin(), services.end());
}

} // namespace holdfast::client
