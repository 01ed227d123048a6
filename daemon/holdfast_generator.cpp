// A generator of systemd's (systemd.generator(7)): orders the unit after the mounts that the configuration's
// volumes lie on. The unit itself can name local-fs.target alone, and a mount with `nofail` is not ordered
// before that. An order and nothing more: a volume that is missing is waited for by the services that use it,
// in words that `status` shows.

#include "base/file.h"
#include "config/load.h"
#include "linux/mount_unit.h"

#include <cstdio>
#include <set>
#include <string>
#include <unistd.h>

namespace {

using namespace holdfast;

constexpr const char* configuration = "/etc/holdfast/holdfast.yaml";

/// Each on a line of its own; a unit that is not there is no mistake to systemd.
std::string drop_in(const std::set<std::string>& units) {
  std::string text =
      std::string("# Made by holdfast-generator from ") + configuration + " and stack.d beside it.\n[Unit]\n";
  for (const std::string& unit : units)
    text += "After=" + unit + "\n";
  return text;
}

Status write(const std::string& directory, const std::string& text) {
  if (auto made = make_directories(directory, 0755); !made) return made;
  return replace_file(directory + "/50-volumes.conf", text, 0644, Durability::relaxed);
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: holdfast-generator DIRECTORY [DIRECTORY DIRECTORY]\n", stderr);
    return 2;
  }
  if (::access(configuration, F_OK) != 0) return 0;
  std::set<std::string> units;
  for (const std::string& path : config::locate(configuration).volumes)
    for (const std::string& unit : linux_os::mount_units_for(path))
      units.insert(unit);
  if (units.empty()) return 0;
  const auto written = write(std::string(argv[1]) + "/holdfast.service.d", drop_in(units));
  if (written) return 0;
  std::fprintf(stderr, "holdfast-generator: %s\n", written.error().what.c_str());
  return 1;
}
