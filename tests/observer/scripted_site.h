#pragma once

#include "observer/scripted_server.h"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace holdfast::test {

/// InvenioRDM as far as a canary sees it: drafts with one file each, made, listed and deleted over REST by
/// the holder of the token.
class ScriptedSite {
public:
  static constexpr const char* token = "the-token-of-the-canary";

  struct Draft {
    std::string title;
    bool is_published = false;
    std::string image{}; ///< what was uploaded
    bool is_committed = false;
    int looks = 0; ///< at the image
  };

  ScriptedSite();

  [[nodiscard]] std::string url() const { return "http://" + server_.target(); }
  /// What is answered to "METHOD /path" instead, {id} standing for a draft's id; empty: nothing, for ever.
  void answer(const std::string& request, const std::string& with);
  /// How often the image is looked at in vain before the worker has marked it; -1: for ever.
  void mark_after(int looks);
  void hide_from_search();
  /// Deletes, but goes on showing it.
  void keep_deleted();
  std::string add(Draft draft);

  [[nodiscard]] std::map<std::string, Draft> drafts() const;
  /// "METHOD /path" with {id}, in order.
  [[nodiscard]] std::vector<std::string> requests() const;

private:
  void serve(Peer& peer);
  std::string respond(const std::string& method, const std::string& path, const std::string& body);
  std::string respond_about(const std::string& id, const std::string& method, const std::string& rest,
                            const std::string& body);
  [[nodiscard]] std::string listed(const std::string& query) const;

  mutable std::mutex mutex_;
  std::map<std::string, Draft> drafts_;
  std::map<std::string, std::string> answers_;
  std::vector<std::string> requests_;
  int next_ = 1;
  int mark_after_ = 0;
  bool is_hidden_ = false;
  bool is_kept_ = false;
  ScriptedServer server_;
};

} // namespace holdfast::test
