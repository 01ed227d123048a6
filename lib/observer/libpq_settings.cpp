#include "observer/libpq_settings.h"

#include "base/number.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace holdfast::observer {
namespace {

constexpr const char* default_user = "postgres";
constexpr std::string_view socket_prefix = ".s.PGSQL.";
/// Where no file can be: libpq is given it for each file that it would look for in a home.
constexpr const char* no_file = "/dev/null/none";

LibpqSettings settings_for(const wire::ProbeQuestion& question) {
  const std::string user = question.user.empty() ? default_user : question.user;
  return {{"user", user},
          {"dbname", question.database.empty() ? user : question.database},
          {"password", question.secret},
          {"application_name", "holdfast"},
          {"client_encoding", "UTF8"},
          {"sslmode", "prefer"},
          {"sslcert", no_file},
          {"sslkey", no_file},
          {"sslrootcert", no_file},
          {"sslcrl", no_file},
          {"gssencmode", "disable"},
          {"passfile", no_file}};
}

/// PGSERVICE, PGTZ and their like cannot be overruled by a setting. The engine gives us none; a person who
/// runs the observer by hand may have some.
void forget_environment() {
  std::vector<std::string> names;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (text.starts_with("PG")) names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const std::string& name : names)
    ::unsetenv(name.c_str());
}

} // namespace

LibpqSettings libpq_settings_for(const wire::ProbeQuestion& question,
                                 const std::vector<boost::asio::ip::tcp::endpoint>& found) {
  std::string addresses;
  for (const auto& endpoint : found)
    addresses += (addresses.empty() ? "" : ",") + endpoint.address().to_string();
  LibpqSettings settings = settings_for(question);
  settings.emplace_back("hostaddr", addresses);
  settings.emplace_back("port", std::to_string(found.front().port()));
  return settings;
}

Result<LibpqSettings> libpq_settings_for(const wire::ProbeQuestion& question,
                                         const std::string& socket_path) {
  const auto slash = socket_path.rfind('/');
  const std::string name = socket_path.substr(slash + 1);
  const auto port = name.starts_with(socket_prefix)
                        ? whole_number<std::uint16_t>(std::string_view(name).substr(socket_prefix.size()))
                        : std::nullopt;
  if (!port) return Error{socket_path + ": PostgreSQL's sockets are called .s.PGSQL.PORT", EINVAL};
  LibpqSettings settings = settings_for(question);
  settings.emplace_back("host", slash == 0 ? "/" : socket_path.substr(0, slash));
  settings.emplace_back("port", std::to_string(*port));
  return settings;
}

LibpqConnection begin_connection(const LibpqSettings& settings) {
  forget_environment();
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : settings) {
    keywords.push_back(keyword);
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return LibpqConnection(PQconnectStartParams(keywords.data(), values.data(), 0));
}

} // namespace holdfast::observer
