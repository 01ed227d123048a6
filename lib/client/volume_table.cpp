#include "client/volume_table.h"

#include "base/size.h"
#include "client/colours.h"
#include "client/table.h"
#include "client/text.h"

namespace holdfast::client {
namespace {

std::string or_any(const std::string& text) {
  return text.empty() ? "any" : harmless(text);
}

std::string space(const wire::VolumeStatus& volume) {
  if (!volume.free_bytes || !volume.size_bytes) return "-";
  return format_bytes(*volume.free_bytes) + " of " + format_bytes(*volume.size_bytes);
}

std::string users(const wire::VolumeStatus& volume) {
  std::string all;
  for (const std::string& service : volume.used_by)
    all += (all.empty() ? "" : ", ") + harmless(service);
  return all.empty() ? "-" : all;
}

} // namespace

std::vector<std::string> volume_lines(const std::vector<wire::VolumeStatus>& volumes,
                                      const Terminal& terminal, std::size_t width) {
  std::vector<std::vector<Cell>> rows;
  rows.emplace_back();
  for (const char* head : {"VOLUME", "STATE", "PATH", "SOURCE", "TYPE", "FREE", "USED BY", "WHY"})
    rows.back().push_back({head, Colour::dim});
  for (const wire::VolumeStatus& volume : volumes)
    rows.push_back({{harmless(volume.name)},
                    {harmless(volume.state), colour_of(volume.state)},
                    {harmless(volume.path)},
                    {or_any(volume.source)},
                    {or_any(volume.type)},
                    {space(volume)},
                    {users(volume)},
                    {harmless(volume.why)}});
  return lay_out(rows, terminal, width);
}

} // namespace holdfast::client
